"""Seconds on their way to MongoDB: kept while it is away, bounded, written once, losses counted."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from decider.core.access_line import AccessLine, Outcome
from decider.core.security_event import EventKind, SecurityEvent
from decider.core.traffic_second import TrafficFold
from decider.recorder.patience import StoreHealth
from decider.recorder.traffic_writer import WAITING_SECONDS, TrafficWriter
from decider.stores.mongo_connection import Database, connect
from decider.stores.mongo_traffic import MongoTraffic

LINE = AccessLine("203.0.113.7", "GET", "/", 200, Outcome.ALLOWED, "", False, 0.1, 100)
OPEN = AccessLine("203.0.113.7", "GET", "/", 200, Outcome.FAIL_OPEN, "", False, 0.1, 100)


class Sink:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.events: list[SecurityEvent] = []

    def record(self, event: SecurityEvent) -> None:
        self.events.append(event)


def with_writer(
    uri: str, scenario: Callable[[Database, TrafficFold, TrafficWriter, Sink], Awaitable[Any]]
) -> None:
    async def go() -> None:
        database, fold, sink = connect(uri), TrafficFold(1), Sink()
        writer = TrafficWriter(
            fold.close_before, MongoTraffic(database), sink, StoreHealth("mongodb"), "edge"
        )
        await scenario(database, fold, writer, sink)
        await database.client.close()

    asyncio.run(go())


async def write_all(writer: TrafficWriter) -> None:
    while writer.waiting:
        assert await writer.write_some()


def test_an_outage_longer_than_the_buffer_loses_the_oldest_seconds_and_counts_them(mongo_uri: str) -> None:
    async def scenario(database: Database, fold: TrafficFold, writer: TrafficWriter, sink: Sink) -> None:
        for second in range(1, WAITING_SECONDS + 101):
            fold.add(second, LINE, "DE", "page")
        writer.close_before(WAITING_SECONDS + 101)
        assert (writer.waiting, writer.lost) == (WAITING_SECONDS, 100)
        await write_all(writer)
        assert await database.traffic.count_documents({}) == WAITING_SECONDS
        assert await database.traffic.count_documents({"_id": "edge:100"}) == 0
        assert (writer.written, writer.lost, sink.events) == (WAITING_SECONDS, 100, [])

    with_writer(mongo_uri, scenario)


def test_a_second_that_another_life_wrote_is_a_loss_that_is_counted(mongo_uri: str) -> None:
    async def scenario(database: Database, fold: TrafficFold, writer: TrafficWriter, sink: Sink) -> None:
        await database.traffic.insert_one({"_id": "edge:5"})
        for second in (5, 6):
            fold.add(second, LINE, "DE", "page")
        writer.close_before(7)
        await write_all(writer)
        assert (writer.written, writer.lost) == (1, 1)

    with_writer(mongo_uri, scenario)


def test_an_open_second_is_written_when_the_recorder_ends_with_its_episode(mongo_uri: str) -> None:
    async def scenario(database: Database, fold: TrafficFold, writer: TrafficWriter, sink: Sink) -> None:
        fold.add(5, OPEN, "DE", "page")
        writer.finish(fold.open_second)
        await write_all(writer)
        stored = await database.traffic.find_one({"_id": "edge:5"})
        assert stored is not None
        assert stored["fail_open"] == 1
        kinds = [event.kind for event in sink.events]
        assert kinds == [EventKind.FAIL_OPEN_STARTED, EventKind.FAIL_OPEN_ENDED]

    with_writer(mongo_uri, scenario)
