"""The policy file changes under a running decider: all workers follow, none is replaced or stopped."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers import redis_server
from tests.system.decider.conftest import RunningDecider, running_decider

WORKERS = 2
PROMISED_SECONDS = 3.0
SEEN_SECONDS = 3.0  # on a busy machine, until a change shows in the heartbeat and in the next look at it
OBSERVE, ENFORCE = "mode = 'observe'\n", "mode = 'enforce'\n"


def wait_for(condition: Callable[[], bool], seconds: float = PROMISED_SECONDS + SEEN_SECONDS) -> float:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - started


@dataclass
class Governed:
    decider: RunningDecider
    path: Path

    def workers(self) -> list[dict[str, Any]]:
        """The workers that are alive now; a heartbeat outlives its worker by seconds."""
        told: list[dict[str, Any]] = json.loads(self.decider.command("status", "--json").stdout)["workers"]
        return [one for one in told if one["pid"] in self.pids()]

    def pids(self) -> set[int]:
        master = self.decider.process.pid
        return {int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()}

    def policy_part(self) -> str:
        return str(json.loads(self.decider.get("/readyz").body)["parts"]["policy"])

    def all_are(self, **fields: Any) -> bool:
        workers = self.workers()
        return len(workers) == WORKERS and all(
            one[name] == value for one in workers for name, value in fields.items()
        )

    def hang_up(self) -> None:
        os.kill(self.decider.process.pid, signal.SIGHUP)


@pytest.fixture
def governed(tmp_path: Path) -> Iterator[Governed]:
    path = tmp_path / "policy.toml"
    path.write_text(ENFORCE)
    with (
        redis_server(tmp_path / "redis") as redis,
        running_decider(tmp_path, redis, DECIDER_POLICY=str(path), DECIDER_WORKERS=str(WORKERS)) as running,
    ):
        own = Governed(running, path)
        wait_for(lambda: own.all_are(mode="enforce"), 10)
        yield own


def test_a_changed_file_rules_in_all_workers_within_three_seconds(governed: Governed) -> None:
    before = governed.pids()
    governed.path.write_text(OBSERVE)
    wait_for(lambda: governed.all_are(mode="observe"))
    assert governed.pids() == before


def test_lists_and_routes_of_the_policy_follow(governed: Governed) -> None:
    assert governed.decider.decide("203.0.113.7").status == 204
    governed.path.write_text(
        "[lists]\ndeny = ['203.0.113.7/32']\n"
        "[[route]]\nname = 'bait'\nclass = 'page'\npaths = ['/bait']\ntrap = true\n"
    )
    took = wait_for(lambda: governed.decider.decide("203.0.113.7").status == 403)
    assert took <= PROMISED_SECONDS
    wait_for(lambda: len({one["policy_digest"] for one in governed.workers()}) == 1)
    assert governed.decider.decide("198.51.100.7", "/bait").status == 403
    governed.path.write_text(ENFORCE)
    took = wait_for(lambda: governed.decider.decide("203.0.113.7").status == 204)
    assert took <= PROMISED_SECONDS


def test_sighup_to_the_master_reloads_at_once_and_replaces_no_worker(governed: Governed) -> None:
    before, log = governed.pids(), governed.decider.log
    with closing(governed.decider.connection()) as connection:
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        governed.path.write_text(OBSERVE)
        governed.hang_up()
        took = wait_for(lambda: governed.decider.log.count("policy_reloaded") == WORKERS)
        assert took < 0.9  # sooner than looking for changes would find it
        wait_for(lambda: governed.all_are(mode="observe"))
        connection.request("GET", "/healthz")  # on the connection of before
        assert connection.getresponse().status == 200
    assert governed.pids() == before
    assert "Booting" not in governed.decider.log[len(log) :]


def test_an_invalid_file_keeps_the_old_policy_and_shows_everywhere(governed: Governed) -> None:
    before, digest = governed.pids(), governed.workers()[0]["policy_digest"]
    governed.path.write_text("mode = 'sometimes'\n[ban]\nfirst_seconds = 0\n")
    wait_for(lambda: governed.all_are(mode="enforce", policy_digest=digest, policy_faults=2))
    for _ in range(3):
        governed.hang_up()
    wait_for(lambda: governed.policy_part().startswith(f"degraded: {digest}"))
    assert governed.decider.get("/readyz").status == 200
    assert governed.decider.decide("198.51.100.1").status == 204
    assert "POLICY FILE FAULTY" in governed.decider.command("status").stdout
    assert "sometimes" in governed.workers()[0]["policy_fault"]
    assert governed.decider.log.count("policy_fault ") == 2 * WORKERS
    assert governed.pids() == before
    governed.path.write_text(OBSERVE)
    wait_for(lambda: governed.all_are(mode="observe", policy_fault=""))
    wait_for(lambda: governed.policy_part().startswith("ok "))


def test_a_worker_killed_while_the_file_is_invalid_comes_back_with_the_policy_before(
    governed: Governed,
) -> None:
    governed.path.write_text(OBSERVE)
    wait_for(lambda: governed.all_are(mode="observe"))
    governed.path.write_text("mode = ")
    wait_for(lambda: governed.all_are(policy_faults=1))
    victim = min(governed.pids())
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: victim not in governed.pids() and governed.all_are(mode="observe", policy_faults=1), 15)
    assert governed.decider.process.poll() is None


def test_sighup_to_a_worker_does_not_end_it(governed: Governed) -> None:
    before = governed.pids()
    governed.path.write_text(OBSERVE)
    for pid in before:
        os.kill(pid, signal.SIGHUP)
    wait_for(lambda: governed.all_are(mode="observe"))
    assert governed.pids() == before


def test_a_profile_is_taken_over_while_running(governed: Governed) -> None:
    governed.path.write_text("profile = 'shop'\n")
    wait_for(lambda: governed.all_are(policy_profile="shop"))
    assert "(shop)" in governed.decider.command("status").stdout
