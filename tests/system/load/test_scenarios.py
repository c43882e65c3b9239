"""The scenarios against the whole product, as an operator runs them after `make run`."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running_stack import PYTHON, RunningStack, run_stack
from tests.servers import ROOT

ATTACK_SECONDS = 20
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with run_stack(tmp_path_factory.mktemp("load")) as running:
        yield running


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PYTHON), "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
    )


@pytest.fixture(scope="module")
def attacked(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("result") / "attack.json"
    done = run(
        "load.attack", "--seconds", str(ATTACK_SECONDS), "--gateway", stack.gateway_url, "--json", str(file)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(file.read_text())
    return result


def of_kind(attacked: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in attacked["clients"] if one["kind"] == kind]


def test_the_sneaker_bot_is_cut_off_within_20_requests_and_buys_nothing(attacked: dict[str, Any]) -> None:
    (bot,) = of_kind(attacked, "sneaker bot")
    assert bot["first_block_after_requests"] <= 20
    assert bot["first_block_after_seconds"] <= 0.5
    assert bot["blocked"] > 0.9 * bot["requests"] > 300
    assert bot["orders_completed"] == 0


def test_no_person_is_blocked_and_every_order_goes_through(attacked: dict[str, Any]) -> None:
    people = of_kind(attacked, "human") + of_kind(attacked, "office")
    assert len(people) == 31
    assert sum(one["requests"] for one in people) > 1_000
    assert [one for one in people if one["blocked"] or one["failed"]] == []
    assert all(one["orders_completed"] == one["orders_tried"] for one in people)


def line(seconds: int, address: str, target: str) -> str:
    when = f"16/Oct/2026:12:{seconds // 60:02}:{seconds % 60:02} +0000"
    return f'{address} - - [{when}] "GET {target} HTTP/1.1" 200 512 "-" "{BROWSER}"\n'


def test_a_log_is_played_with_its_addresses_and_pace(stack: RunningStack, tmp_path: Path) -> None:
    log, result = tmp_path / "access.log", tmp_path / "played.json"
    lines = [line(10 * number, "198.51.100.1", f"/product/{number + 1}") for number in range(6)]
    lines += [
        line(12 + number, "203.0.113.66", target) for number, target in enumerate(["/.env", "/product/1"])
    ]
    log.write_text("".join([*lines, "no line of a log\n"]))
    done = run(
        "load.replay_log", str(log), "--speed", "20", "--gateway", stack.gateway_url, "--json", str(result)
    )
    assert done.returncode == 0, done.stderr
    played = json.loads(result.read_text())
    assert (played["played"], played["clients"], played["unreadable"]) == (8, 2, 1)
    assert played["statuses"] == {"200": 6, "403": 2}
    assert played["blocked"] == [
        {"address": "203.0.113.66", "requests": 2, "blocked": 2, "first_block_after_requests": 1}
    ]
    assert 2.4 <= played["seconds"] < 10  # fifty seconds of log at twenty times its pace


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--from", "2030-01-01"), "the log goes from 2026-10-16T12:00:00 to 2026-10-16T12:00:00 UTC"),
        (("--gateway", "http://192.0.2.1"), "load is only sent to this machine"),
        (("--gateway", "http://127.0.0.1:1"), "start it with `make run`"),
        (("--speed", "0"), "write a number above 0"),
    ],
)
def test_what_cannot_be_played_is_said_in_a_line(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    log = tmp_path / "access.log"
    log.write_text(line(0, "198.51.100.1", "/"))
    done = run("load.replay_log", str(log), *arguments)
    assert done.returncode == 2
    assert told in done.stderr
