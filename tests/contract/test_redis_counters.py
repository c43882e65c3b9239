"""What only the Redis store promises: TTLs, size, budget, and a Redis that forgets scripts or goes away."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from random import Random
from time import perf_counter, time
from typing import Any

import pytest
from redis.asyncio import Redis

from decider.core.ban import Ban
from decider.core.client_key import client_key
from decider.core.client_record import (
    RECORD_TTL_SECONDS,
    SUSPECT_TTL_SECONDS,
    ClientRecord,
    count_hits,
    decode,
)
from decider.core.counting import Ask
from decider.core.errors import StoreUnavailable
from decider.core.hit import Hit, HitFlag, hit_for
from decider.core.policy import RouteClass
from decider.core.record_layout import COUNTER_LIMIT
from decider.stores.redis_bans import RedisBans
from decider.stores.redis_connection import counting_connection
from decider.stores.redis_counters import BUDGET_SECONDS, RedisCounters
from tests.servers import redis_server

CLIENT = client_key("203.0.113.7")
KEY = "decider:{0}:client:203.0.113.7"
MEMORY_SECONDS = 86_400
PAGE = hit_for(RouteClass.PAGE)


def with_stores(url: str, scenario: Callable[[Redis, RedisCounters, RedisBans], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        redis = counting_connection(url)
        await redis.flushall()
        counters = RedisCounters(redis, 1, MEMORY_SECONDS)
        await counters.connect()
        try:
            return await scenario(redis, counters, RedisBans(redis, 1, MEMORY_SECONDS))
        finally:
            await counters.close()

    return asyncio.run(go())


def test_every_key_has_a_ttl_and_a_ban_outlives_its_memory(redis_url: str) -> None:
    until = int(time()) + 60

    async def scenario(redis: Redis, counters: RedisCounters, bans: RedisBans) -> Any:
        await counters.count(CLIENT, PAGE)
        before = await redis.ttl(KEY)
        await bans.start(CLIENT, Ban(until, 60, 1, True), 0)
        await counters.count(CLIENT, PAGE)
        await bans.lift(client_key("198.51.100.1"), until)
        ttls = [await redis.ttl(key) async for key in redis.scan_iter()]
        return before, await redis.ttl(KEY), min(ttls)

    before, banned, least = with_stores(redis_url, scenario)
    assert RECORD_TTL_SECONDS - 2 <= before <= RECORD_TTL_SECONDS
    assert MEMORY_SECONDS + 55 <= banned <= MEMORY_SECONDS + 61
    assert least > 0


@pytest.mark.parametrize("age_seconds", [0.5, 1.5, 15, 80, 700, 1_500, 4_000, 9_000, 90_000, 200_000])
def test_buckets_of_every_window_turn_as_in_the_core_whenever_the_client_comes_back(
    redis_url: str, age_seconds: float
) -> None:
    random = Random(7)

    async def scenario(redis: Redis, counters: RedisCounters, bans: RedisBans) -> Any:
        before = ClientRecord(
            last_ms=float(int((time() - age_seconds) * 1000)),
            active_hours=random.getrandbits(24),
            buckets=tuple(random.choice([0, 1, 7, COUNTER_LIMIT]) for _ in ClientRecord().buckets),
        )
        await redis.set(KEY, before.encode(), ex=60)
        tally = await counters.count(CLIENT, PAGE)
        return tally.record.encode(), decode(count_hits(before, [PAGE], tally.now_ms).encode()).encode()

    counted, expected = with_stores(redis_url, scenario)
    assert counted == expected


def test_a_record_with_a_memory_of_a_day_lives_that_long(redis_url: str) -> None:
    async def scenario(redis: Redis, counters: RedisCounters, bans: RedisBans) -> Any:
        await counters.count(CLIENT, Hit(PAGE.groups, int(HitFlag.PROBE)))
        return await redis.ttl(KEY)

    assert SUSPECT_TTL_SECONDS - 2 <= with_stores(redis_url, scenario) <= SUSPECT_TTL_SECONDS


def test_a_record_that_is_only_read_is_not_made(redis_url: str) -> None:
    async def scenario(redis: Redis, counters: RedisCounters, bans: RedisBans) -> Any:
        tally = await counters.count(CLIENT, Hit(0, 0))
        return tally.record.last_ms, await redis.exists(KEY)

    assert with_stores(redis_url, scenario) == (0.0, 0)


def test_a_client_at_rest_takes_at_most_400_bytes_with_its_key(redis_url: str) -> None:
    longest = client_key("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")

    async def scenario(redis: Redis, counters: RedisCounters, bans: RedisBans) -> Any:
        await counters.count(longest, PAGE)
        return await redis.memory_usage(f"decider:{{0}}:client:{longest.name}")

    assert with_stores(redis_url, scenario) <= 400


def test_a_redis_that_forgot_its_scripts_gets_them_again(redis_url: str) -> None:
    async def scenario(redis: Redis, counters: RedisCounters, bans: RedisBans) -> Any:
        await counters.count(CLIENT, PAGE)
        await redis.script_flush()
        return (await counters.count(CLIENT, PAGE)).over(RouteClass.PAGE, 60)

    assert with_stores(redis_url, scenario) == 2


def test_a_slow_redis_costs_one_budget_and_then_nothing_until_it_is_back(redis_url: str) -> None:
    async def scenario(redis: Redis, counters: RedisCounters, bans: RedisBans) -> Any:
        changes: list[bool] = []
        counters.on_change = changes.append
        await counters.count(CLIENT, PAGE)
        other = Redis.from_url(redis_url)
        await other.client_pause(600, all=True)
        started = perf_counter()
        with pytest.raises(StoreUnavailable):
            await counters.count(CLIENT, PAGE)
        first = perf_counter() - started
        started = perf_counter()
        with pytest.raises(StoreUnavailable):
            await counters.count(CLIENT, PAGE)
        second = perf_counter() - started
        deadline = perf_counter() + 10
        while changes != [False, True] and perf_counter() < deadline:
            await asyncio.sleep(0.05)
        await other.aclose()
        return first, second, changes, (await counters.count(CLIENT, PAGE)).over(RouteClass.PAGE, 60)

    first, second, changes, counted = with_stores(redis_url, scenario)
    assert BUDGET_SECONDS * 0.5 < first < BUDGET_SECONDS * 3
    assert second < BUDGET_SECONDS / 2
    assert changes == [False, True]
    assert counted >= 2


def test_failed_counts_leave_nothing_behind_that_the_loop_complains_about() -> None:
    complaints: list[str] = []

    async def go() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(str(context)))
        counters = RedisCounters(counting_connection("redis://127.0.0.1:1/0"), 1, MEMORY_SECONDS)
        clients = [client_key(f"203.0.113.{number}") for number in range(40)]
        with pytest.raises(StoreUnavailable):
            await counters.count_all([Ask(client, PAGE) for client in clients])
        await counters.close()

    asyncio.run(go())
    gc.collect()
    assert complaints == []


def test_no_redis_at_all_is_unavailable_and_not_an_exception_of_the_driver() -> None:
    async def go() -> None:
        counters = RedisCounters(counting_connection("redis://127.0.0.1:1/0"), 1, MEMORY_SECONDS)
        with pytest.raises(StoreUnavailable):
            await counters.count(CLIENT, PAGE)
        await counters.close()

    asyncio.run(go())


def test_forgetting_a_network_removes_its_clients_and_no_others(redis_url: str) -> None:
    async def scenario(redis: Redis, counters: RedisCounters, bans: RedisBans) -> Any:
        inside = [client_key(f"203.0.{third}.9") for third in (112, 113, 119)]
        outside = client_key("203.0.120.9")
        for client in [*inside, outside]:
            await counters.count(client, PAGE)
        removed = await bans.forget_inside(ip_network("203.0.112.0/21"))
        return removed, [key.decode() async for key in redis.scan_iter()]

    assert with_stores(redis_url, scenario) == (3, ["decider:{0}:client:203.0.120.9"])


def test_trips_log_in_and_count_in_the_database_of_the_url(tmp_path: Path) -> None:
    async def go(port: str) -> Any:
        server = Redis.from_url(f"redis://127.0.0.1:{port}/0")
        await server.config_set("requirepass", "open sesame")
        counters = RedisCounters(
            counting_connection(f"redis://:open%20sesame@127.0.0.1:{port}/3"), 1, MEMORY_SECONDS
        )
        await counters.count(CLIENT, PAGE)
        await counters.close()
        keys = (await server.info("keyspace")).keys()
        await server.aclose()
        return list(keys)

    with redis_server(tmp_path) as server:
        assert asyncio.run(go(server.url.rpartition(":")[2].partition("/")[0])) == ["db3"]


def test_a_connection_that_redis_closed_is_opened_again(redis_url: str) -> None:
    async def scenario(redis: Redis, counters: RedisCounters, bans: RedisBans) -> Any:
        await counters.count(CLIENT, PAGE)
        await redis.client_kill_filter(_type="normal", skipme=True)
        await asyncio.sleep(0.05)  # the loop hears of it
        return (await counters.count(CLIENT, PAGE)).over(RouteClass.PAGE, 60), counters.available

    assert with_stores(redis_url, scenario) == (2, True)


def test_whoever_asks_while_redis_closes_connections_is_told_and_counting_goes_on(redis_url: str) -> None:
    async def scenario(redis: Redis, counters: RedisCounters, bans: RedisBans) -> Any:
        told = 0
        for _ in range(30):
            await redis.client_kill_filter(_type="normal", skipme=True)
            for _ in range(3):  # before and after the loop hears of it
                async with asyncio.timeout(1.0):
                    with suppress(StoreUnavailable):
                        await counters.count(CLIENT, PAGE)
                told += 1
        async with asyncio.timeout(10):
            while not counters.available:
                await asyncio.sleep(0.02)
        return told, (await counters.count(CLIENT, PAGE)).over(RouteClass.PAGE, 60) > 0

    assert with_stores(redis_url, scenario) == (90, True)


@pytest.mark.parametrize("is_connected", [True, False])
def test_a_trip_that_cannot_be_sent_fails_and_the_next_ones_leave(redis_url: str, is_connected: bool) -> None:
    async def scenario(redis: Redis, counters: RedisCounters, bans: RedisBans) -> Any:
        if is_connected:
            await counters.count(CLIENT, PAGE)
        unsendable: Any = "\ud800"
        counters.ban_memory_seconds, right = unsendable, counters.ban_memory_seconds
        async with asyncio.timeout(1.0):
            with pytest.raises(StoreUnavailable):
                await counters.count(CLIENT, PAGE)
        counters.ban_memory_seconds = right
        async with asyncio.timeout(10):
            while not counters.available:
                await asyncio.sleep(0.02)
            return (await counters.count(CLIENT, PAGE)).over(RouteClass.PAGE, 60) > 0

    assert with_stores(redis_url, scenario)


def test_one_who_cannot_take_its_tally_keeps_nobody_elses(redis_url: str) -> None:
    async def told() -> list[object]:
        counters = RedisCounters(counting_connection(redis_url), 1, 86_400, budget_seconds=1.0)
        known: list[object] = []

        def fails(_known: object) -> None:
            raise ValueError("a fault of the one that asked")

        for number in range(3):
            client = client_key(f"203.0.113.{number}")
            counters.count_then([Ask(client, PAGE)], fails if number == 1 else known.append)
        deadline = asyncio.get_running_loop().time() + 5.0
        while len(known) < 2:
            assert asyncio.get_running_loop().time() < deadline, known
            await asyncio.sleep(0.005)
        await counters.close()
        return known

    assert len(asyncio.run(told())) == 2
