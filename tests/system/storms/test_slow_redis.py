"""A Redis that answers late: it costs one request its budget, the others nothing, and opens no breaker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from statistics import median

import pytest
from redis import Redis

from tests.running_stack import run_stack
from tests.servers import redis_server
from tests.slow_network import SlowNetwork, slow_network
from tests.system.storms.watched import Watched, wait_until

FOLLOWING = 30  # requests after the first slow one
NGINX_PATIENCE_SECONDS = 0.150
UNNOTICED_SECONDS = 0.010
ADDRESSES = (
    f"81.2.{number // 250 % 250}.{number % 250}" for number in count()
)  # never the same client twice


@pytest.fixture(scope="module")
def behind_slow_network(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Watched, SlowNetwork, Redis]]:
    """The whole product, with a network that can be made bad between it and its Redis."""
    folder: Path = tmp_path_factory.mktemp("slow")
    with (
        redis_server(folder / "redis") as redis,
        slow_network(redis.port) as network,
        run_stack(folder, REDIS_URL=f"redis://127.0.0.1:{network.port}/0") as stack,
        Redis.from_url(redis.url) as inside,
    ):
        yield Watched(stack), network, inside


@pytest.fixture
def storm(
    behind_slow_network: tuple[Watched, SlowNetwork, Redis],
) -> Iterator[tuple[Watched, SlowNetwork, Redis]]:
    """A good network before and after each test."""
    watched, network, _ = behind_slow_network
    yield behind_slow_network
    network.recover()
    wait_until(lambda: watched.redis_state() == "ok", "back to Redis")


def durations(watched: Watched, requests: int) -> list[float]:
    """Seconds of requests one after another, each of a client of its own, all allowed."""
    taken = []
    for _ in range(requests):
        answer, seconds = watched.decide(next(ADDRESSES))
        assert answer.status == 204
        taken.append(seconds)
    return taken


def knows(redis: Redis, address: str) -> bool:
    return bool(redis.exists(f"decider:{{0}}:client:{address}"))


def fail_opens(watched: Watched) -> int:
    return watched.nginx_errors("upstream timed out", "no live upstreams", "connect() failed")


@pytest.mark.parametrize("delay_ms", [0, 5])
def test_within_the_budget_requests_are_counted_in_redis(
    storm: tuple[Watched, SlowNetwork, Redis], delay_ms: int
) -> None:
    watched, network, redis = storm
    network.delay_seconds = delay_ms / 1000
    addresses = [next(ADDRESSES) for _ in range(FOLLOWING)]
    for address in addresses:
        assert watched.decide(address)[0].status == 204
    counted = sum(knows(redis, address) for address in addresses)
    assert counted >= FOLLOWING - 2  # a busy machine adds a delay of its own now and then


def slow(network: SlowNetwork, how: str) -> None:
    if how == "stall":
        network.stall()
    elif how == "trickle":
        network.trickle_bytes_per_second = 50
    else:
        network.delay_seconds = int(how.removesuffix(" ms")) / 1000


@pytest.mark.parametrize("how", ["20 ms", "100 ms", "stall", "trickle"])
def test_over_the_budget_one_request_pays_and_then_none(
    storm: tuple[Watched, SlowNetwork, Redis], how: str
) -> None:
    watched, network, redis = storm
    durations(watched, 3)
    slow(network, how)
    first, *following = durations(watched, 1 + FOLLOWING)
    assert first < NGINX_PATIENCE_SECONDS
    assert median(following) < UNNOTICED_SECONDS
    assert watched.redis_state().startswith("degraded")
    time.sleep(1.0)  # several probes later it is as slow as before: nobody is made to try it again
    assert watched.redis_state().startswith("degraded")
    assert median(durations(watched, FOLLOWING)) < UNNOTICED_SECONDS
    network.recover()
    wait_until(lambda: watched.redis_state() == "ok", "back to Redis")
    address = next(ADDRESSES)
    watched.decide(address)
    assert knows(redis, address)


def test_a_ban_made_meanwhile_holds_at_once_and_in_redis_later(
    storm: tuple[Watched, SlowNetwork, Redis],
) -> None:
    watched, network, redis = storm
    network.delay_seconds = 0.1
    address = next(ADDRESSES)
    wait_until(lambda: watched.decide(address, "/checkout")[0].status == 403, "banned")
    network.recover()
    wait_until(lambda: watched.redis_state() == "ok", "back to Redis")
    wait_until(lambda: knows(redis, address), "ban brought to Redis")
    assert watched.decide(address)[0].status == 403


@pytest.mark.parametrize("delay_ms", [1, 5, 12])
def test_a_redis_that_stays_within_the_budget_after_an_outage_is_used_again(
    storm: tuple[Watched, SlowNetwork, Redis], delay_ms: int
) -> None:
    watched, network, _ = storm
    network.stall()
    durations(watched, 3)
    assert watched.redis_state().startswith("degraded")
    network.recover()
    network.delay_seconds = delay_ms / 1000
    wait_until(lambda: watched.redis_state() == "ok", f"back to a Redis {delay_ms} ms away")


@pytest.mark.parametrize("how", ["20 ms", "100 ms", "stall", "trickle"])
def test_nginx_never_goes_on_without_the_decider(storm: tuple[Watched, SlowNetwork, Redis], how: str) -> None:
    watched, network, _ = storm
    before = fail_opens(watched)
    slow(network, how)
    for _ in range(2 * FOLLOWING):
        assert watched.browse(next(ADDRESSES)) == 200
    network.recover()
    assert fail_opens(watched) == before
