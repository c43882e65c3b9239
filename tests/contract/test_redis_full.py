"""A Redis at maxmemory gives up what would expire first: running bans, lists and events live longer."""

import asyncio
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from time import time

import pytest
from redis.asyncio import Redis

from decider.core.ban import Ban
from decider.core.client_key import ClientKey, client_key
from decider.core.counting import Ask
from decider.core.hit import Hit, HitFlag, hit_for
from decider.core.network_list import Listing, ListName
from decider.core.policy import RouteClass
from decider.core.security_event import STREAM_KEY, EventKind, SecurityEvent
from decider.stores.redis_bans import RedisBans
from decider.stores.redis_connection import background_connection
from decider.stores.redis_counters import RedisCounters
from decider.stores.redis_event_writer import RedisEventWriter
from decider.stores.redis_lists import RedisLists
from tests.servers import redis_server

MEGABYTES = 6
BANS = 100
SPRAYED = 30_000  # twice what fits
AT_ONCE = 500
MEMORY_SECONDS = 86_400
PAGE = hit_for(RouteClass.PAGE)
PROBE = Hit(PAGE.groups, int(HitFlag.PROBE))  # remembered for a day: as long as a sprayer can make it last


@pytest.fixture
def full_redis(tmp_path: Path) -> Iterator[str]:
    with redis_server(tmp_path / "redis", "--maxmemory", f"{MEGABYTES}mb") as server:
        yield server.url


def sprayed(number: int) -> ClientKey:
    return client_key(f"{20 + number % 100}.{number // 100 % 250}.{number // 25_000}.7")


@pytest.mark.parametrize("hit", [PAGE, PROBE], ids=["visits", "probes"])
def test_running_bans_lists_and_events_survive_a_spray_of_new_addresses(full_redis: str, hit: Hit) -> None:
    async def prepare(redis: Redis, banned: list[ClientKey]) -> None:
        bans = RedisBans(redis, 1, MEMORY_SECONDS)
        for client in banned:
            await bans.start(client, Ban(int(time()) + 60, 60, 1, True), 0)
            await RedisEventWriter(redis).write(
                SecurityEvent(kind=EventKind.BAN_STARTED, ts=time(), node="edge")
            )
        listing = Listing(ListName.DENY, ip_network("198.51.100.0/24"), "", "operator", time(), None)
        await RedisLists(redis, time).put(listing)

    async def spray(counters: RedisCounters) -> None:
        for first in range(0, SPRAYED, AT_ONCE):
            asks = [Ask(sprayed(number), hit) for number in range(first, first + AT_ONCE)]
            await counters.count_all(asks)

    async def go() -> tuple[int, int, int, int, int]:
        redis = background_connection(full_redis)
        banned = [client_key(f"203.0.113.{number}") for number in range(BANS)]
        await prepare(redis, banned)
        counters = RedisCounters(redis, 1, MEMORY_SECONDS, budget_seconds=10.0)
        await spray(counters)
        held = 0
        for client in banned:
            tally = await counters.read(client)
            held += tally.record.ban_until * 1000 > tally.now_ms
        lists = RedisLists(redis, time)
        await lists.refresh()
        stats = await redis.info("stats")
        found = (held, len(await lists.entries()), await redis.xlen(STREAM_KEY), int(stats["evicted_keys"]))
        newest = await counters.read(sprayed(SPRAYED - 1))
        await counters.close()
        return *found, int(newest.record.last_ms > 0)

    held, listed, events, evicted, newest = asyncio.run(go())
    assert evicted > SPRAYED / 4
    assert (held, listed, events) == (BANS, 1, BANS)
    assert newest == 1  # it still counts
