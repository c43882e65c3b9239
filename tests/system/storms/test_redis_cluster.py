"""The whole product on a Redis Cluster of three masters, and one of them is killed."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from pymongo import MongoClient

from tests.redis_cluster import Cluster, redis_cluster
from tests.running_stack import run_stack, run_stack_command
from tests.system.storms.watched import Watched, wait_until

SHARDS = 16
BANNED = "203.0.113.7"
NGINX_PATIENCE_SECONDS = 0.150
UNNOTICED_SECONDS = 0.010
FAILOVER_SECONDS = 30.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with redis_cluster(tmp_path_factory.mktemp("cluster")) as one:
        yield one


@pytest.fixture(scope="module")
def watched(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder: Path = tmp_path_factory.mktemp("stack")
    with run_stack(folder, REDIS_URL=cluster.url) as stack:
        yield Watched(stack)


def record_key(cluster: Cluster, address: str) -> str | None:
    """Where the client's record is, if it is anywhere."""
    with closing(cluster.client()) as client:
        keys = [f"decider:{{{shard}}}:client:{address}" for shard in range(SHARDS)]
        return next((key for key in keys if client.exists(key)), None)


def recorded(watched: Watched, kind: str, client: str) -> dict[str, Any] | None:
    with MongoClient[dict[str, Any]](watched.stack.mongodb_uri) as mongo:
        return mongo.get_default_database("decider").events.find_one({"kind": kind, "client": client})


def ban(watched: Watched, address: str) -> None:
    wait_until(lambda: watched.decide(address, "/checkout")[0].status == 403, f"{address} banned")


def replace_worker(watched: Watched) -> None:
    """Kill the deciding worker, and with it all that it remembers itself."""
    shown = run_stack_command("status", RUN_DIR=str(watched.stack.run_dir)).stdout
    found = re.search(r"^decider\s+RUNNING\s+(\d+)", shown, re.MULTILINE)
    assert found, shown
    children = Path(f"/proc/{found[1]}/task/{found[1]}/children")
    (worker,) = children.read_text().split()
    os.kill(int(worker), signal.SIGKILL)
    wait_until(lambda: children.read_text().split() not in ([], [worker]), "a new worker")


def spaced_out(watched: Watched, address: str) -> int:
    """One request, and time for a new worker that missed its budget once to find Redis again."""
    status = watched.decide(address)[0].status
    time.sleep(0.6)
    return status


def answers(watched: Watched) -> bool:
    try:
        return watched.ask_decider("/readyz")[0].status == 200
    except OSError:
        return False


def test_clients_are_spread_over_all_masters_without_any_setting_but_the_url(
    cluster: Cluster, watched: Watched
) -> None:
    def spread() -> bool:
        for number in range(60):
            assert watched.browse(f"81.{number}.69.142") == 200
        with closing(cluster.client()) as client:
            sizes = [client.dbsize(target_nodes=node) for node in client.get_primaries()]
        return len(sizes) == 3 and min(sizes) > 0

    wait_until(spread, "counted on three masters")  # a busy machine misses a budget now and then
    wait_until(lambda: watched.redis_state() == "ok", "back to Redis")


def test_operators_lists_events_and_commands_work(watched: Watched) -> None:
    assert watched.command("deny", "198.51.100.0/24").returncode == 0
    wait_until(lambda: watched.decide("198.51.100.9")[0].status == 403, "denied")
    assert watched.command("allow", "198.51.100.9/32").returncode == 0
    wait_until(lambda: watched.decide("198.51.100.9")[0].status == 204, "allowed")
    ban(watched, "203.0.113.50")
    assert watched.command("unban", "203.0.113.50").returncode == 0
    wait_until(lambda: watched.decide("203.0.113.50")[0].status == 204, "unbanned")
    wait_until(lambda: recorded(watched, "ban_started", "203.0.113.50"), "the event recorded")
    for command in (("status",), ("doctor",), ("explain", "203.0.113.50")):
        done = watched.command(*command)
        assert "Traceback" not in done.stderr
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_a_killed_master_is_replaced_and_decisions_and_bans_go_on(cluster: Cluster, watched: Watched) -> None:
    ban(watched, BANNED)
    wait_until(lambda: recorded(watched, "ban_started", BANNED), "the event recorded")
    key = record_key(cluster, BANNED)
    assert key is not None
    dead = cluster.master_of(key)
    dead.kill()
    durations = []
    for number in range(60):
        assert watched.decide(BANNED)[0].status == 403  # the worker has seen the ban
        answer, seconds = watched.decide(f"81.{number}.70.142")
        assert answer.status == 204
        durations.append(seconds)
    assert max(durations) < NGINX_PATIENCE_SECONDS
    assert median(durations) < UNNOTICED_SECONDS
    wait_until(lambda: cluster.master_of(key) is not dead, "the failover", FAILOVER_SECONDS)
    wait_until(lambda: watched.redis_state() == "ok", "back to Redis", FAILOVER_SECONDS)
    replace_worker(watched)
    wait_until(lambda: answers(watched), "a new worker answers")
    # it can only know that from the new master; five requests for a page get nobody banned
    assert 403 in [spaced_out(watched, BANNED) for _ in range(5)]
    ban(watched, "203.0.113.99")
    wait_until(
        lambda: recorded(watched, "ban_started", "203.0.113.99"), "events flow again", FAILOVER_SECONDS
    )
    cluster.restart()
    wait_until(lambda: watched.redis_state() == "ok", "with all servers again")
    assert watched.decide(BANNED)[0].status == 403
