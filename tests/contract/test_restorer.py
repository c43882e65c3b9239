"""Redis gets its bans back whenever it is emptied, also while it is getting them back."""

from __future__ import annotations

import asyncio
from time import time

from redis.asyncio import Redis

from decider.core.security_event import EventKind, SecurityEvent
from decider.recorder.event_pump import EventPump, EventStores
from decider.recorder.patience import StoreHealth
from decider.recorder.restorer import Restorer, RestoreStores
from decider.stores.mongo_connection import Database, connect
from decider.stores.mongo_events import MongoEvents, encoded
from decider.stores.mongo_lists import MongoLists
from decider.stores.redis_bans import RedisBans
from decider.stores.redis_event_sink import RedisEventSink
from decider.stores.redis_event_stream import RedisEventStream
from decider.stores.redis_lists import RedisLists
from decider.stores.redis_restored_marker import RedisRestoredMarker

PATIENCE_SECONDS = 10.0


def ban_of(address: str) -> SecurityEvent:
    return SecurityEvent(
        kind=EventKind.BAN_STARTED,
        ts=time(),
        client=address,
        until=time() + 600,
        ban_seconds=600,
        ban_count=1,
    )


class EventsWhileRedisIsEmptied(MongoEvents):
    """Reads as always; after the first time one more client is banned, and then Redis loses everything."""

    def __init__(self, database: Database, redis: Redis) -> None:
        super().__init__(database)
        self._redis = redis
        self._reads = 0

    async def about_running_bans(self, now_seconds: float) -> list[tuple[str, SecurityEvent]]:
        """As the store's own."""
        events = await super().about_running_bans(now_seconds)
        self._reads += 1
        if self._reads == 1:
            await self.insert([encoded(ban_of("203.0.113.8").to_document("2-0"))])
            await self._redis.flushall()
            await RedisEventStream(self._redis, "edge").open()  # as the pump does
        return events


def restorer_on(redis: Redis, database: Database, events: MongoEvents) -> Restorer:
    stream, sink, lists = RedisEventStream(redis, "edge"), RedisEventSink(redis), MongoLists(database)
    redis_health, mongo_health = StoreHealth("redis"), StoreHealth("mongodb")
    pump = EventPump(EventStores(stream, events, lists, sink, redis_health, mongo_health), "edge")
    stores = RestoreStores(
        marker=RedisRestoredMarker(redis),
        stream=stream,
        redis_lists=RedisLists(redis, time),
        bans=RedisBans(redis, 1, 86_400),
        events=events,
        mongo_lists=lists,
        sink=sink,
        mongo_health=mongo_health,
    )
    return Restorer(stores, pump, "edge")


def test_who_is_banned_while_bans_are_read_is_restored_once_more(redis_url: str, mongo_uri: str) -> None:
    async def go() -> list[int]:
        redis, database = Redis.from_url(redis_url), connect(mongo_uri)
        await redis.flushall()
        events = EventsWhileRedisIsEmptied(database, redis)
        await events.insert([encoded(ban_of("203.0.113.7").to_document("1-0"))])
        await RedisEventStream(redis, "edge").open()
        restorer, stopping = restorer_on(redis, database, events), asyncio.Event()
        looking = asyncio.create_task(restorer.run(stopping))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not restorer.restorations:
                    await asyncio.sleep(0.02)
            clients = ("203.0.113.7", "203.0.113.8")
            return [await redis.exists(f"decider:{{0}}:client:{client}") for client in clients]
        finally:
            stopping.set()
            await looking
            await redis.aclose()
            await database.client.close()

    assert asyncio.run(go()) == [1, 1]
