"""What workers share besides counters, on one Redis and on a cluster: lists, site, heartbeats, events."""

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from time import time
from typing import Any

import pytest
from redis.asyncio import Redis

from decider.core.client_key import client_key
from decider.core.hit import hit_for
from decider.core.network_list import Listing, ListName
from decider.core.policy import RouteClass
from decider.core.security_event import STREAM_KEY, EventKind, SecurityEvent
from decider.core.site_knowledge import SiteKnowledge
from decider.core.worker_status import WorkerStatus
from decider.stores.reachability import redis_fault
from decider.stores.redis_bans import RedisBans
from decider.stores.redis_connection import background_connection
from decider.stores.redis_counters import RedisCounters
from decider.stores.redis_event_sink import RedisEventSink
from decider.stores.redis_event_writer import RedisEventWriter
from decider.stores.redis_examination import RedisExamination
from decider.stores.redis_lists import RedisLists
from decider.stores.redis_restored_marker import RedisRestoredMarker
from decider.stores.redis_site import RedisSite
from decider.stores.redis_workers import RedisWorkers
from tests.servers import free_port

SHARDS = 16
NETWORK = ip_network("203.0.113.0/24")


@pytest.fixture(params=["redis", "cluster"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("cluster_url" if request.param == "cluster" else "redis_url"))


def on(url: str, scenario: Callable[[Redis], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        redis = background_connection(url)
        await redis.flushall()
        try:
            return await scenario(redis)
        finally:
            await redis.aclose()

    return asyncio.run(go())


def test_a_listing_reaches_another_worker_and_can_be_taken_back(url: str) -> None:
    async def scenario(redis: Redis) -> Any:
        operator, worker = RedisLists(redis, time), RedisLists(redis, time)
        listing = Listing(ListName.DENY, NETWORK, "flood", "operator", time(), None)
        await operator.put(listing)
        assert not await operator.restore(listing)
        await worker.refresh()
        found = worker.find(client_key("203.0.113.9"))
        await operator.touch()
        assert await operator.remove(ListName.DENY, NETWORK)
        await worker.refresh()
        return found, worker.find(client_key("203.0.113.9"))

    assert on(url, scenario) == (("deny", None), None)


def test_what_the_site_serves_reaches_another_worker(url: str) -> None:
    async def scenario(redis: Redis) -> Any:
        told, heard = SiteKnowledge(), SiteKnowledge()
        told.adopt(["/list"], ["/.env"])
        await RedisSite(redis, told).publish()
        await RedisSite(redis, heard).refresh()
        return list(heard.served), list(heard.lacking)

    assert on(url, scenario) == (["/list"], ["/.env"])


def test_heartbeats_of_all_workers_are_found(url: str) -> None:
    async def scenario(redis: Redis) -> Any:
        workers = RedisWorkers(redis)
        for pid in (1, 2, 3):
            await workers.tell(WorkerStatus(node="edge", pid=pid, started=1.0, ts=2.0))
        return [one.pid for one in await workers.all()]

    assert on(url, scenario) == [1, 2, 3]


def test_events_reach_the_stream_from_worker_and_operator(url: str) -> None:
    event = SecurityEvent(kind=EventKind.DEGRADED_STARTED, ts=1.0, node="edge")

    async def scenario(redis: Redis) -> Any:
        sink = RedisEventSink(redis)
        for _ in range(250):
            sink.record(event)
        sink.start()
        await RedisEventWriter(redis).write(event)
        deadline = time() + 10
        while await redis.xlen(STREAM_KEY) < 251 and time() < deadline:
            await asyncio.sleep(0.01)
        await sink.close()
        return await redis.xlen(STREAM_KEY), sink.dropped, await redis.ttl(STREAM_KEY) > 0

    length, dropped, expires = on(url, scenario)
    assert length >= 251  # a batch whose answer comes late on a busy machine is sent again
    assert (dropped, expires) == (0, True)


def test_the_marker_is_set_once_what_was_begun_is_complete(url: str) -> None:
    async def scenario(redis: Redis) -> Any:
        marker = RedisRestoredMarker(redis)
        before = await marker.is_set()
        await marker.begin(time())
        begun = await marker.is_set()
        completed, again = await marker.complete(), await marker.complete()
        return before, begun, completed, again, await marker.is_set()

    assert on(url, scenario) == (False, False, True, False, True)


def test_a_redis_emptied_meanwhile_gets_no_marker(url: str) -> None:
    async def scenario(redis: Redis) -> Any:
        marker = RedisRestoredMarker(redis)
        await marker.begin(time())
        await redis.flushall()
        completed = await marker.complete()
        await marker.touch(time())
        return completed, await marker.is_set()

    assert on(url, scenario) == (False, False)


@pytest.mark.parametrize("network", ["203.0.113.0/24", "203.0.0.0/16"])
def test_a_network_is_forgotten_on_every_shard(url: str, network: str) -> None:
    async def scenario(redis: Redis) -> Any:
        counters = RedisCounters(redis, SHARDS, 60)
        inside, outside = ["203.0.113.7", "203.0.113.8"], "198.51.100.7"
        for address in (*inside, outside):
            await counters.count(client_key(address), hit_for(RouteClass.PAGE))
        forgotten = await RedisBans(redis, SHARDS, 60).forget_inside(ip_network(network))
        left = (await counters.read(client_key(outside))).over(RouteClass.PAGE, 60)
        await counters.close()
        return forgotten, left

    assert on(url, scenario) == (2, 1)


def test_doctor_can_examine_it(url: str) -> None:
    async def scenario(redis: Redis) -> Any:
        examination = RedisExamination(redis)
        counters = RedisCounters(redis, SHARDS, 60)
        await counters.count(client_key("203.0.113.7"), hit_for(RouteClass.PAGE))
        without_ttl = await examination.key_without_ttl()
        await counters.close()
        return (
            await examination.eviction_policy(),
            without_ttl,
            await examination.stream_length(),
            int((await examination.version()).partition(".")[0]) >= 6,
        )

    assert on(url, scenario) == ("volatile-ttl", (None, 1), 0, True)


def test_a_server_that_is_there_has_no_fault_and_one_that_is_not_has(url: str) -> None:
    assert redis_fault(url) is None
    nobody = f"redis+cluster://127.0.0.1:{free_port()},127.0.0.1:{free_port()}"
    assert "no Redis answers" in str(redis_fault(nobody))
