"""`replay --policy` tells who changes side; without it nothing is compared."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from decider.commands.console import Console
from decider.commands.replay import add
from decider.core.errors import FaultyInput, PolicyError

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BOT, SCANNER, PERSON = "203.0.113.66", "198.51.100.5", "192.0.2.10"
DENY = "[lists]\ndeny = ['192.0.2.10/32']\n"
LENIENT = "[signals.probe_paths]\nweight = 0.1\n[signals.missing_pages]\nweight = 0.1\n"

Replayed = Callable[..., dict[str, Any]]


def line(second: float, address: str, request: str, status: int) -> str:
    when = datetime.fromtimestamp(1_763_899_200 + second, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{address} - - [{when}] "{request} HTTP/1.1" {status} 99 "-" "{AGENT}"\n'


@pytest.fixture
def replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Replayed:
    """Runs the command over a log with a bot, a scanner and a person."""

    log = tmp_path / "access.log"
    log.write_text(
        "".join(line(n * 0.02, BOT, "POST /checkout", 200) for n in range(100))
        + "".join(line(60 + n, SCANNER, "GET /.env", 404) for n in range(10))
        + "".join(line(100 + n * 30, PERSON, f"GET /product/{n}", 200) for n in range(4))
    )
    for name in ("DECIDER_POLICY", "DECIDER_PROFILE"):
        monkeypatch.delenv(name, raising=False)

    def run(candidate: str | None, running: str | None = None, as_json: bool = True) -> dict[str, Any]:
        parser = argparse.ArgumentParser()
        common = argparse.ArgumentParser(add_help=False)
        common.add_argument("--json", action="store_true")
        add(parser.add_subparsers(), common)
        arguments = ["replay", str(log)]
        for text, name in ((candidate, "candidate.toml"), (running, "running.toml")):
            if text is not None:
                (tmp_path / name).write_text(text)
        if candidate is not None:
            arguments += ["--policy", str(tmp_path / "candidate.toml")]
        if running is not None:
            monkeypatch.setenv("DECIDER_POLICY", str(tmp_path / "running.toml"))
        chosen = parser.parse_args([*arguments, *(["--json"] if as_json else [])])
        assert chosen.offline(chosen, Console(as_json=as_json)) == 0
        printed = capsys.readouterr().out
        answer: dict[str, Any] = json.loads(printed) if as_json else {"text": printed}
        return answer

    return run


def names(clients: list[dict[str, Any]]) -> list[str]:
    return [one["client"] for one in clients]


def test_without_a_candidate_nothing_is_compared(replayed: Replayed) -> None:
    assert "comparison" not in replayed(None)
    assert "candidate" not in replayed(None, as_json=False)["text"]


def test_a_candidate_equal_to_the_shipped_policy_moves_nobody(replayed: Replayed) -> None:
    alone, answer = replayed(None), replayed("# nothing of its own\n")
    compared = answer.pop("comparison")
    assert answer["blocked"] == alone["blocked"]
    assert (compared["requests_now_blocked"], compared["requests_no_longer_blocked"]) == (0, 0)
    assert compared["requests_blocked_before"] == alone["requests_blocked"] > 0
    assert compared["clients_now_blocked"] == compared["clients_no_longer_blocked"] == []


def test_clients_and_requests_that_change_side_are_named_both_ways(replayed: Replayed) -> None:
    compared = replayed(DENY + LENIENT)["comparison"]
    assert names(compared["clients_now_blocked"]) == [PERSON]
    assert compared["requests_now_blocked"] == 4
    assert names(compared["clients_no_longer_blocked"]) == [SCANNER]
    scanner = compared["clients_no_longer_blocked"][0]
    assert compared["requests_no_longer_blocked"] == scanner["blocked"] > 0
    assert scanner["requests"] == 10
    assert "probe_paths" in scanner["signals"]


def test_the_running_policy_is_the_one_that_decider_policy_names(replayed: Replayed) -> None:
    compared = replayed("# shipped\n", running=DENY)["comparison"]
    assert names(compared["clients_no_longer_blocked"]) == [PERSON]
    assert "running.toml" in compared["running"]
    assert "candidate.toml" in compared["candidate"]


def test_the_summary_says_it_in_words(replayed: Replayed) -> None:
    text = replayed(DENY + LENIENT, as_json=False)["text"]
    assert "now blocked: 4 requests, 1 clients" in text
    assert "no longer blocked:" in text
    assert "candidate: " in text
    assert "running:   shipped policy.toml" in text


def test_a_faulty_candidate_or_running_policy_is_told(
    replayed: Replayed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PolicyError):
        replayed("mode = 'x'")
    with pytest.raises(PolicyError):
        replayed("", running="mode = 'x'")
    monkeypatch.setenv("DECIDER_PROFILE", "blog")
    with pytest.raises(FaultyInput, match="api, shop, site"):
        replayed("")
