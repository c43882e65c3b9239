"""The operator's commands against a running decider: in effect within 3 s, recorded, honest about faults."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.system.decider.conftest import RunningDecider

EFFECT_SECONDS = 3.0  # what the commands promise


def wait_for(condition: Callable[[], bool], seconds: float = EFFECT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def ban_by_behaviour(decider: RunningDecider, address: str) -> None:
    wait_for(lambda: decider.decide(address, "/checkout").status == 403)


def last_event(decider: RunningDecider) -> dict[str, Any]:
    with Redis.from_url(decider.redis.url) as redis:
        ((_, fields),) = redis.xrevrange("decider:events", count=1)
        return dict(json.loads(fields[b"event"]))


def done(decider: RunningDecider, *arguments: str) -> dict[str, Any]:
    result = decider.command(*arguments, "--json")
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout))


def test_an_unban_lets_the_client_back_in_and_holds(decider: RunningDecider) -> None:
    ban_by_behaviour(decider, "203.0.113.20")
    done(decider, "unban", "203.0.113.20", "--reason", "customer called", "--actor", "ann")
    wait_for(lambda: decider.decide("203.0.113.20").status == 204)
    assert {decider.decide("203.0.113.20", "/checkout").status for _ in range(40)} == {204}
    event = last_event(decider)
    assert (event["kind"], event["client"], event["actor"]) == ("ban_lifted", "203.0.113.20", "ann")
    assert event["note"] == "customer called"


def test_a_ban_by_hand_blocks_for_as_long_as_said(decider: RunningDecider) -> None:
    assert decider.decide("203.0.113.21").status == 204
    done(decider, "ban", "203.0.113.21", "--for", "2h")
    wait_for(lambda: decider.decide("203.0.113.21").status == 403)
    assert (
        7_190 <= int(decider.decide("203.0.113.21").headers["Retry-After"]) <= 7_201
    )  # a ban ends with a whole second
    assert last_event(decider)["ban_seconds"] == 7_200


def test_the_allow_list_wins_over_a_running_ban_and_over_the_deny_list(decider: RunningDecider) -> None:
    ban_by_behaviour(decider, "198.51.100.77")
    done(decider, "deny", "198.51.100.0/24")
    done(decider, "allow", "198.51.100.77/32", "--for", "8h", "--reason", "partner")
    wait_for(lambda: decider.decide("198.51.100.77").status == 204)
    wait_for(lambda: decider.decide("198.51.100.78").status == 403)
    done(decider, "deny", "198.51.100.0/24", "--remove")
    wait_for(lambda: decider.decide("198.51.100.78").status == 204)
    done(decider, "allow", "198.51.100.77/32", "--remove")
    time.sleep(1.5)
    assert decider.decide("198.51.100.77").status == 204  # allow-listing reset its counters and its ban
    assert last_event(decider)["kind"] == "delisted"


def test_an_unban_wins_over_the_deny_list(decider: RunningDecider) -> None:
    done(decider, "deny", "192.0.2.0/24")
    wait_for(lambda: decider.decide("192.0.2.9").status == 403)
    done(decider, "unban", "192.0.2.9")
    wait_for(lambda: decider.decide("192.0.2.9").status == 204)
    done(decider, "deny", "192.0.2.0/24", "--remove")


def test_explain_says_why_in_words_and_in_numbers(decider: RunningDecider) -> None:
    ban_by_behaviour(decider, "203.0.113.22")
    words = decider.command("explain", "203.0.113.22").stdout
    assert "banned for another" in words
    assert "requests to sensitive routes" in words
    known = done(decider, "explain", "203.0.113.22")
    assert known["ban"]["count"] == 1
    assert known["counters"]["sensitive"]["60s"] >= 5
    assert {"burst", "sustained_rate", "regularity", "sensitive_pressure"} < set(known["signals"])


def test_explain_does_not_count(decider: RunningDecider) -> None:
    decider.decide("203.0.113.23")
    for _ in range(3):
        known = done(decider, "explain", "203.0.113.23")
    assert known["counters"]["page"]["60s"] <= 1


def test_status_shows_the_worker_and_doctor_finds_nothing_wrong(decider: RunningDecider) -> None:
    wait_for(lambda: bool(done(decider, "status")["workers"]), seconds=10)
    (worker,) = done(decider, "status")["workers"]
    assert (worker["node"], worker["degraded"]) == ("test-node", False)
    result = decider.command("doctor")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["ban", "not-an-address"], "not-an-address"),
        (["unban", "203.0.113.1, 10.0.0.1"], "no address"),
        (["ban", "203.0.113.1", "--for", "soon"], "soon"),
        (["ban", "203.0.113.1", "--for", "0s"], "0s"),
        (["allow", "203.0.113.1/24"], "host bits"),
        (["allow", "everyone"], "everyone"),
        (["dance"], "dance"),
        ([], "COMMAND"),
    ],
)
def test_wrong_usage_names_the_value_and_exits_with_2(
    decider: RunningDecider, arguments: list[str], named: str
) -> None:
    result = decider.command(*arguments)
    assert result.returncode == 2
    assert named in result.stderr
    assert "Traceback" not in result.stderr


def test_delisting_what_is_not_listed_fails_and_says_so(decider: RunningDecider) -> None:
    result = decider.command("allow", "192.0.2.77", "--remove")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "is not on the allow-list" in result.stderr


def test_an_unreachable_redis_is_one_line_without_its_password(decider: RunningDecider) -> None:
    environment = {**decider.environment, "REDIS_URL": "redis://user:hunter2@127.0.0.1:1/0"}
    running = RunningDecider(
        decider.socket_path, decider.process, decider.redis, environment, decider.log_path
    )
    result = running.command("status")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "127.0.0.1:1" in result.stderr
    assert "hunter2" not in result.stderr + result.stdout


def test_policy_check_finds_every_fault_at_once(decider: RunningDecider, tmp_path: Path) -> None:
    wrong = tmp_path / "policy.toml"
    wrong.write_text('mode = "maybe"\n[thresholds]\nblock_at = 2\n[signals.bursts]\nweight = 1\n')
    result = decider.command("policy", "check", str(wrong))
    assert result.returncode == 1
    told = result.stderr.splitlines()
    assert len(told) == 3
    assert any("did you mean burst?" in line for line in told)
    assert decider.command("policy", "check").returncode == 0
    assert done(decider, "policy", "show")["signals"]["burst"]["weight"] == 0.99
