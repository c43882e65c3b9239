"""The failure table seen from Nginx's side of the socket."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.servers import ROOT, redis_server
from tests.system.decider.conftest import RunningDecider, running_decider


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def redis_part(decider: RunningDecider) -> str:
    return str(json.loads(decider.get("/readyz").body)["parts"]["redis"])


def ban(decider: RunningDecider, address: str) -> None:
    wait_for(lambda: decider.decide(address, "/checkout").status == 403)


def events(decider: RunningDecider) -> list[dict[str, Any]]:
    with Redis.from_url(decider.redis.url) as redis:
        return [json.loads(fields[b"event"]) for _, fields in redis.xrange("decider:events")]


def client_events(decider: RunningDecider) -> list[dict[str, Any]]:
    """Events about clients; a busy machine may add an episode of the decider's own."""
    return [one for one in events(decider) if one.get("client")]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RunningDecider]:
    """A decider and a Redis that a test may break."""
    with redis_server(tmp_path / "redis") as redis, running_decider(tmp_path, redis) as running:
        yield running


def test_without_redis_requests_are_decided_and_known_bans_hold(own: RunningDecider) -> None:
    ban(own, "203.0.113.1")
    own.redis.kill()
    assert own.decide("203.0.113.1").status == 403
    assert own.decide("198.51.100.1").status == 204
    ban(own, "203.0.113.2")
    wait_for(lambda: redis_part(own).startswith("degraded"))


def test_redis_restarted_empty_is_used_again_and_learns_the_bans_made_meanwhile(own: RunningDecider) -> None:
    own.decide("198.51.100.1")
    own.redis.kill()
    ban(own, "203.0.113.2")
    own.redis.start()
    wait_for(lambda: redis_part(own) == "ok")
    wait_for(
        lambda: {"ban_started", "degraded_started", "degraded_ended"} <= {one["kind"] for one in events(own)}
    )
    with Redis.from_url(own.redis.url) as redis:
        wait_for(lambda: bool(redis.exists("decider:{0}:client:203.0.113.2")))
    assert own.decide("203.0.113.2").status == 403


def test_a_hanging_redis_costs_one_request_its_budget_and_the_next_ones_nothing(own: RunningDecider) -> None:
    own.decide("198.51.100.1")
    own.redis.freeze()
    try:
        durations = []
        for number in range(10):
            started = time.perf_counter()
            assert own.decide(f"198.51.100.{number}").status == 204
            durations.append(time.perf_counter() - started)
        assert durations[0] < 0.150  # nginx's own limit: no fail-open
        assert sorted(durations[1:])[len(durations) // 2] < 0.010
    finally:
        own.redis.thaw()
    wait_for(lambda: redis_part(own) == "ok")


def test_a_start_without_redis_decides_and_finds_it_later(tmp_path: Path) -> None:
    with redis_server(tmp_path / "redis") as redis:
        redis.kill()
        with running_decider(tmp_path, redis) as running:
            ban(running, "203.0.113.3")
            redis.start()
            wait_for(lambda: redis_part(running) == "ok")
            assert running.decide("203.0.113.3").status == 403


def test_one_ban_is_one_event_with_everything_an_operator_needs(own: RunningDecider) -> None:
    ban(own, "203.0.113.9")
    for _ in range(30):
        own.decide("203.0.113.9", "/checkout?secret=1")
    wait_for(lambda: bool(client_events(own)))
    (event,) = client_events(own)
    assert (event["kind"], event["client"], event["route_class"]) == (
        "ban_started",
        "203.0.113.9",
        "sensitive",
    )
    assert event["score"] >= 0.8
    assert event["path"] == "/checkout"
    assert event["ban_seconds"] == 60
    assert event["until"] > time.time() + 50
    assert "one second" in event["sentence"]


def test_observe_mode_answers_204_and_records_what_it_would_block(tmp_path: Path) -> None:
    with (
        redis_server(tmp_path / "redis") as redis,
        running_decider(tmp_path, redis, DECIDER_MODE="observe") as running,
    ):
        answers = [running.decide("203.0.113.4", "/checkout") for _ in range(60)]
        assert {answer.status for answer in answers} == {204}
        assert answers[-1].verdict == "would-block"
        wait_for(lambda: [one["kind"] for one in client_events(running)] == ["would_block"])


def test_a_killed_worker_is_replaced_and_bans_hold(own: RunningDecider) -> None:
    ban(own, "203.0.113.5")
    children = Path(f"/proc/{own.process.pid}/task/{own.process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)

    def blocked_again() -> bool:
        try:
            return own.decide("203.0.113.5").status == 403
        except OSError:
            return False

    wait_for(blocked_again)


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("DECIDER_MODE", "sometimes", "DECIDER_MODE"),
        ("REDIS_URL", "http://nowhere", "REDIS_URL"),
        ("DECIDER_ALLOW_STATUS", "201", "DECIDER_ALLOW_STATUS"),
        ("DECIDER_POLICY", "/nowhere/policy.toml", "/nowhere/policy.toml"),
    ],
)
def test_a_wrong_setting_is_one_clear_line_and_no_start(
    tmp_path: Path, setting: str, value: str, named: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "python:decider.gunicorn_conf", "decider.asgi:app"],
        env={**os.environ, "DECIDER_BIND": f"unix:{tmp_path}/decider.sock", setting: value},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.startswith("decider: ")]
    assert len(lines) == 1
    assert named in lines[0]
    assert "Traceback" not in done.stderr


def test_all_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "python:decider.gunicorn_conf", "decider.asgi:app"],
        env={
            **os.environ,
            "DECIDER_BIND": f"unix:{tmp_path}/decider.sock",
            "DECIDER_MODE": "sometimes",
            "REDIS_SHARDS": "none",
            "DECIDER_ALLOW_STATUS": "201",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    told = [line for line in done.stderr.splitlines() if line.startswith("decider: ")]
    assert len(told) == 3
