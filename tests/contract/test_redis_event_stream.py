"""The stream as a recorder reads it, on a real Redis."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from decider.core.errors import StoreUnavailable
from decider.core.security_event import STREAM_KEY
from decider.stores.redis_connection import background_connection
from decider.stores.redis_event_stream import BATCH_ENTRIES, RECORDED_KEPT, Batch, Lag, RedisEventStream
from tests.servers import free_port

Scenario = Callable[[Redis, RedisEventStream], Awaitable[Any]]


@pytest.fixture(params=["redis", "cluster"])
def redis_url(request: pytest.FixtureRequest, redis_url: str) -> str:
    """Every promise is kept by a single server and by a cluster."""
    return str(request.getfixturevalue("cluster_url")) if request.param == "cluster" else redis_url


def on_stream(url: str, scenario: Scenario) -> Any:
    async def go() -> Any:
        redis = background_connection(url)
        await redis.flushall()
        stream = RedisEventStream(redis, "edge-1")
        await stream.open()
        try:
            return await scenario(redis, stream)
        finally:
            await redis.aclose()

    return asyncio.run(go())


async def add(redis: Redis, count: int) -> list[str]:
    added = [await redis.xadd(STREAM_KEY, {"event": str(number)}) for number in range(count)]
    return [one.decode() if isinstance(one, bytes) else one for one in added]


def ids(batch: Batch) -> list[str]:
    return [stream_id for stream_id, _ in batch.entries]


def test_new_entries_come_once_and_in_order(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        added = await add(redis, 5)
        batch = await stream.read_new()
        assert ids(batch) == added
        assert batch.entries[3][1] == {b"event": b"3"}
        assert await stream.read_new() == Batch()

    on_stream(redis_url, scenario)


def test_a_batch_is_bounded(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        await add(redis, BATCH_ENTRIES + 1)
        assert [len((await stream.read_new()).entries) for _ in range(2)] == [BATCH_ENTRIES, 1]

    on_stream(redis_url, scenario)


def test_an_idle_read_ends_when_something_arrives(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        await add(redis, 1)
        await stream.read_new()
        began = time.monotonic()
        idle = asyncio.create_task(stream.read_new())
        await asyncio.sleep(0.1)
        added = await add(redis, 1)
        assert await idle == Batch()
        assert 0.1 <= time.monotonic() - began < 0.4
        assert ids(await stream.read_new()) == added

    on_stream(redis_url, scenario)


def test_what_is_not_acknowledged_is_read_again_by_its_consumer_only(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        added = await add(redis, 3)
        await stream.read_new()
        await stream.acknowledge(added[:1])
        assert ids(await RedisEventStream(redis, "edge-1").read_pending()) == added[1:]
        assert await RedisEventStream(redis, "edge-2").read_pending() == Batch()

    on_stream(redis_url, scenario)


def test_entries_of_a_dead_consumer_are_claimed_after_their_idle_time(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        added = await add(redis, 3)
        await stream.read_new()
        heir = RedisEventStream(redis, "edge-2")
        assert await heir.claim_abandoned(60) == Batch()
        await asyncio.sleep(0.02)
        assert ids(await heir.claim_abandoned(0.01)) == added
        assert await stream.read_pending() == Batch()

    on_stream(redis_url, scenario)


def test_entries_cut_off_unread_are_counted_once(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        for cut_off in (4, 0, 3):
            read = await add(redis, 6)
            await stream.acknowledge(ids(await stream.read_new()))
            added = await add(redis, cut_off + 2)
            await redis.xtrim(STREAM_KEY, maxlen=2, approximate=False)
            batch = await stream.read_new()
            assert (ids(batch), batch.trimmed) == (added[-2:], cut_off)
            await stream.acknowledge(ids(batch))
            assert read[0] not in ids(batch)
            assert await stream.lag() == Lag(0, 0.0)

    on_stream(redis_url, scenario)


def test_a_stream_cut_off_whole_is_counted_too(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        await add(redis, 7)
        await redis.xtrim(STREAM_KEY, maxlen=0, approximate=False)
        assert await stream.read_new() == Batch(trimmed=7)
        assert await stream.read_new() == Batch()

    on_stream(redis_url, scenario)


def test_two_recorders_together_count_a_cut_once(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        other = RedisEventStream(redis, "edge-2")
        await add(redis, 10)
        await redis.xtrim(STREAM_KEY, maxlen=4, approximate=False)
        batches = [await other.read_new(), await stream.read_new()]
        assert [batch.trimmed for batch in batches] == [6, 0]

    on_stream(redis_url, scenario)


def test_pending_entries_that_were_cut_off_are_given_as_gone(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        added = await add(redis, 5)
        await stream.read_new()
        await redis.xtrim(STREAM_KEY, maxlen=2, approximate=False)
        batch = await stream.read_pending()
        assert (ids(batch), batch.gone, batch.trimmed) == (added[3:], tuple(added[:3]), 3)
        await stream.acknowledge(added)
        assert await stream.read_pending() == Batch()

    on_stream(redis_url, scenario)


def test_the_lag_counts_read_and_unread_and_tells_the_age_of_the_oldest(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        assert await stream.lag() == Lag(0, 0.0)
        added = await add(redis, 3)
        await stream.read_new()
        await asyncio.sleep(0.2)
        await add(redis, 2)
        lag = await stream.lag()
        assert lag.entries == 5
        assert 0.2 <= lag.oldest_seconds < 2
        await stream.acknowledge(added)
        lag = await stream.lag()
        assert (lag.entries, lag.oldest_seconds < 0.2) == (2, True)

    on_stream(redis_url, scenario)


def test_the_last_id_is_that_of_the_newest_entry(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        assert await stream.last_id() == "0-0"
        added = await add(redis, 2)
        assert await stream.last_id() == added[1]

    on_stream(redis_url, scenario)


def test_opening_twice_changes_nothing_and_the_stream_has_a_ttl(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        await add(redis, 2)
        await stream.read_new()
        await stream.open()
        assert await stream.read_new() == Batch()
        assert await redis.ttl(STREAM_KEY) > 0

    on_stream(redis_url, scenario)


def test_consumers_that_own_nothing_and_went_long_ago_are_forgotten(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        await add(redis, 1)
        await RedisEventStream(redis, "owner").read_new()
        await RedisEventStream(redis, "gone").read_pending()
        await asyncio.sleep(0.02)
        await stream.forget_idle_consumers(60)
        assert len(await redis.xinfo_consumers(STREAM_KEY, "recorder")) == 2
        await stream.forget_idle_consumers(0.01)
        left = await redis.xinfo_consumers(STREAM_KEY, "recorder")
        assert [one["name"] for one in left] == [b"owner"]

    on_stream(redis_url, scenario)


def test_a_missing_group_and_a_missing_redis_are_store_unavailable(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> None:
        await redis.flushall()
        with pytest.raises(StoreUnavailable, match="NOGROUP"):
            await stream.read_new()
        with pytest.raises(StoreUnavailable, match="NOGROUP"):
            await stream.read_pending()
        nobody = background_connection(f"redis://127.0.0.1:{free_port()}")
        away = RedisEventStream(nobody, "edge-1")
        for call in (away.open, away.read_new, away.read_pending, away.lag, away.last_id):
            with pytest.raises(StoreUnavailable):
                await call()
        await nobody.aclose()

    on_stream(redis_url, scenario)


def test_a_long_stream_gives_back_what_is_recorded_and_nothing_else(redis_url: str) -> None:
    async def scenario(redis: Redis, stream: RedisEventStream) -> Any:
        async with redis.pipeline(transaction=False) as pipeline:
            for number in range(RECORDED_KEPT + 3_000):
                pipeline.xadd(STREAM_KEY, {"event": str(number)})
            await pipeline.execute()
        first, second = await stream.read_new(), await stream.read_new()
        await stream.acknowledge(ids(second))
        await stream.trim_recorded()
        while_pending = await redis.xlen(STREAM_KEY)
        await stream.acknowledge(ids(first))
        await stream.trim_recorded()
        left = await redis.xlen(STREAM_KEY)
        third = await stream.read_new()
        return while_pending, left, third.trimmed, ids(third)[0] > ids(second)[-1], len(third.entries)

    while_pending, left, trimmed, goes_on, read = on_stream(redis_url, scenario)
    added, recorded = RECORDED_KEPT + 3_000, 2 * BATCH_ENTRIES
    assert while_pending == added
    assert added - recorded <= left < added - recorded + 200  # whole nodes of the stream are given back
    assert (trimmed, goes_on, read) == (0, True, BATCH_ENTRIES)
