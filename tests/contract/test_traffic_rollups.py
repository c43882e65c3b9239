"""Minutes and hours on a real server: true to the seconds after lateness, an end in the middle, an outage."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from decider.core.errors import StoreUnavailable
from decider.core.traffic_rollup import Grain
from decider.core.traffic_second import TrafficSecond
from decider.recorder.patience import StoreHealth
from decider.recorder.traffic_rollups import TrafficRollups
from decider.stores.mongo_connection import Database, connect
from decider.stores.mongo_indexes import ensure_indexes
from decider.stores.mongo_traffic_rollups import MongoTrafficRollups

NOW = 1_763_894_130  # 10:35:30 UTC
HOUR_START = NOW // 3_600 * 3_600
KEEP = timedelta(days=2)


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


def on_database(uri: str, scenario: Callable[[Database, Clock], Awaitable[Any]]) -> None:
    async def go() -> None:
        database = connect(uri)
        try:
            await ensure_indexes(database)
            await scenario(database, Clock())
        finally:
            await database.client.close()

    asyncio.run(go())


def rollups_of(database: Database, clock: Clock, node: str = "edge") -> TrafficRollups:
    return TrafficRollups(MongoTrafficRollups(database, node), StoreHealth("mongodb"), node, KEEP, clock)


async def write(database: Database, *seconds: int, node: str = "edge", requests: int = 1) -> None:
    """Each second with so many requests."""
    await database.traffic.insert_many(
        [TrafficSecond(requests=requests).document(node, second) for second in seconds]
    )


async def totals(database: Database, collection: str) -> dict[int, int]:
    """Requests by the start of minute or hour, relative to NOW's hour, in seconds."""
    found: dict[int, int] = {}
    async for one in database[collection].find():
        start = int(one["ts"].timestamp()) - HOUR_START
        found[start] = found.get(start, 0) + one["requests"]
    return dict(sorted(found.items()))


def test_a_first_start_rolls_up_every_second_there_is(mongo_uri: str) -> None:
    async def scenario(database: Database, clock: Clock) -> None:
        await write(database, *range(NOW - 7_200, NOW))
        await rollups_of(database, clock).roll_up()
        minutes, hours = await totals(database, "traffic_minute"), await totals(database, "traffic_hour")
        assert sum(minutes.values()) == sum(hours.values()) == 7_200
        assert (len(minutes), minutes[0], minutes[35 * 60]) == (121, 60, 30)
        assert hours == {-7_200: 1_470, -3_600: 3_600, 0: 2_130}

    on_database(mongo_uri, scenario)


def test_a_pass_again_changes_nothing_and_new_seconds_are_added(mongo_uri: str) -> None:
    async def scenario(database: Database, clock: Clock) -> None:
        rollups = rollups_of(database, clock)
        await write(database, NOW - 1)
        for _ in range(3):
            await rollups.roll_up()
        assert await totals(database, "traffic_hour") == {0: 1}
        await write(database, NOW)
        clock.now += 10
        await rollups.roll_up()
        assert await totals(database, "traffic_minute") == {35 * 60: 2}
        assert await totals(database, "traffic_hour") == {0: 2}

    on_database(mongo_uri, scenario)


def test_a_second_that_was_written_late_changes_its_minute_and_its_hour(mongo_uri: str) -> None:
    async def scenario(database: Database, clock: Clock) -> None:
        rollups, late = rollups_of(database, clock), HOUR_START - 1_800
        await write(database, late, NOW)
        await rollups.roll_up()
        await write(database, late + 1, late + 2)
        rollups.note_written(late + 1)
        rollups.note_written(late + 2)
        await rollups.roll_up()
        assert await totals(database, "traffic_minute") == {-1_800: 3, 35 * 60: 1}
        assert await totals(database, "traffic_hour") == {-3_600: 3, 0: 1}

    on_database(mongo_uri, scenario)


def test_a_recorder_that_was_away_leaves_no_hole(mongo_uri: str) -> None:
    async def scenario(database: Database, clock: Clock) -> None:
        await write(database, *range(NOW - 100, NOW))
        await rollups_of(database, clock).roll_up()
        await write(database, *range(NOW, NOW + 5_000))
        clock.now = NOW + 20_000
        await rollups_of(database, clock).roll_up()
        for collection in ("traffic_minute", "traffic_hour"):
            assert sum((await totals(database, collection)).values()) == 5_100

    on_database(mongo_uri, scenario)


def test_an_end_between_minutes_and_their_hour_is_made_good_at_the_next_start(mongo_uri: str) -> None:
    async def scenario(database: Database, clock: Clock) -> None:
        await write(database, *range(HOUR_START - 600, HOUR_START))
        await rollups_of(database, clock).roll_up()
        await database.traffic_hour.delete_many({})
        clock.now = NOW + 3_600
        await rollups_of(database, clock).roll_up()
        assert await totals(database, "traffic_hour") == {-3_600: 600}

    on_database(mongo_uri, scenario)


def test_a_minute_at_the_edge_of_retention_is_not_rebuilt_from_what_is_left_of_it(mongo_uri: str) -> None:
    async def scenario(database: Database, clock: Clock) -> None:
        edge = NOW - int(KEEP.total_seconds())
        await write(database, *range(edge - 30, edge + 60))
        clock.now = edge + 60
        await rollups_of(database, clock).roll_up()
        before = await totals(database, "traffic_minute")
        clock.now = NOW
        await database.traffic.delete_many({"ts": {"$lt": datetime.fromtimestamp(edge, UTC)}})
        await rollups_of(database, clock).roll_up()
        assert await totals(database, "traffic_minute") == before
        assert sum(before.values()) == 90

    on_database(mongo_uri, scenario)


def test_nodes_are_rolled_up_apart(mongo_uri: str) -> None:
    async def scenario(database: Database, clock: Clock) -> None:
        await write(database, NOW, requests=3)
        await write(database, NOW, node="edge-2", requests=4)
        for node in ("edge", "edge-2"):
            await rollups_of(database, clock, node).roll_up()
        hour = HOUR_START // 3_600
        stored = {one["_id"]: one["requests"] async for one in database.traffic_hour.find()}
        assert stored == {f"edge:{hour}": 3, f"edge-2:{hour}": 4}

    on_database(mongo_uri, scenario)


class FailingOnce(MongoTrafficRollups):
    """A server that goes away when the first rollups are to be stored."""

    failed = False

    async def replace(self, grain: Grain, documents: Sequence[Mapping[str, Any]]) -> None:
        if documents and not self.failed:
            self.failed = True
            raise StoreUnavailable("gone")
        await super().replace(grain, documents)


def test_what_a_failed_pass_did_not_store_is_stored_by_the_next(mongo_uri: str) -> None:
    async def scenario(database: Database, clock: Clock) -> None:
        store, late = FailingOnce(database, "edge"), HOUR_START - 7_000
        rollups = TrafficRollups(store, StoreHealth("mongodb"), "edge", KEEP, clock)
        await rollups.roll_up()
        await write(database, late)
        rollups.note_written(late)
        with pytest.raises(StoreUnavailable):
            await rollups.roll_up()
        assert await totals(database, "traffic_minute") == {}
        await rollups.roll_up()
        assert sum((await totals(database, "traffic_hour")).values()) == 1

    on_database(mongo_uri, scenario)


def test_reading_the_parts_uses_the_index(mongo_uri: str) -> None:
    async def scenario(database: Database, clock: Clock) -> None:
        await write(database, *range(NOW - 300, NOW))
        parts = await MongoTrafficRollups(database, "edge").parts(
            Grain.MINUTE, *(datetime.fromtimestamp(one, UTC) for one in (NOW - 60, NOW))
        )
        assert len(parts) == 60
        for collection in ("traffic", "traffic_minute", "traffic_hour"):
            span = {"ts": {"$gte": datetime.fromtimestamp(NOW - 60, UTC)}}
            assert "IXSCAN" in str(await database[collection].find(span).explain())

    on_database(mongo_uri, scenario)
