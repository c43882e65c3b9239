"""Minutes and hours on a real server: complete after every interruption, made again without a change."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from decider.core.errors import StoreUnavailable
from decider.recorder.patience import StoreHealth
from decider.recorder.traffic_rollup import SILENT_SECONDS, TrafficRollup
from decider.stores.mongo_connection import Database, connect
from decider.stores.mongo_indexes import ensure_indexes
from decider.stores.mongo_traffic_rollups import MongoTrafficRollups, of_node
from tests.servers import free_port

NOW = 1_763_888_400  # a whole hour
HOUR, DAY = 3_600, 86_400
KEEP = timedelta(days=2)
Clock = Callable[[float], None]


def on_database(uri: str, scenario: Callable[[Database], Awaitable[Any]]) -> None:
    async def go() -> None:
        database = connect(uri)
        try:
            await ensure_indexes(database)
            await scenario(database)
        finally:
            await database.client.close()

    asyncio.run(go())


def rollup_at(database: Database, now: float, node: str = "edge") -> TrafficRollup:
    """A recorder's rollup that has just been started, or started again."""
    store = MongoTrafficRollups(database)
    return TrafficRollup(store, StoreHealth("mongodb"), node, KEEP, lambda: now)


async def add(database: Database, seconds: range, node: str = "edge") -> None:
    route = {"route": "checkout", "allowed": 1, "blocked": 1, "upstream_seconds": 0.25, "bytes": 100}
    await database.traffic.insert_many(
        {
            "_id": f"{node}:{second}",
            "ts": datetime.fromtimestamp(second, UTC),
            "node": node,
            "requests": 2,
            "by_route": [route],
        }
        for second in seconds
    )


async def totals(database: Database, node: str = "edge") -> dict[str, int]:
    return {
        name: sum([one["requests"] async for one in database[name].find({"node": node})])
        for name in ("traffic", "traffic_minute", "traffic_hour")
    }


async def assert_complete(database: Database, node: str = "edge") -> None:
    of_seconds, *rolled_up = (await totals(database, node)).values()
    assert of_seconds
    assert rolled_up == [of_seconds, of_seconds]


def test_seconds_become_minutes_and_hours_and_stay_the_same_when_made_again(mongo_uri: str) -> None:
    async def scenario(database: Database) -> None:
        await add(database, range(NOW - 2 * HOUR - 90, NOW, 30))
        for _ in range(2):
            await rollup_at(database, NOW).advance("edge")
            await assert_complete(database)
        minutes = [one async for one in database.traffic_minute.find().sort("ts")]
        assert [one["_id"] for one in minutes[-2:]] == [f"edge:{NOW // 60 - 2}", f"edge:{NOW // 60 - 1}"]
        assert minutes[-1]["ts"] == datetime.fromtimestamp(NOW - 60, UTC)
        assert minutes[-1]["by_route"][0]["upstream_seconds"] == 0.5
        assert len(minutes) == 122
        assert [one["_id"] async for one in database.traffic_hour.find().sort("ts")] == [
            f"edge:{NOW // HOUR - 3}",
            f"edge:{NOW // HOUR - 2}",
            f"edge:{NOW // HOUR - 1}",
        ]

    on_database(mongo_uri, scenario)


def test_a_second_written_late_is_added_to_its_minute_and_hour(mongo_uri: str) -> None:
    async def scenario(database: Database) -> None:
        await add(database, range(NOW - 60, NOW, 2))
        rollup = rollup_at(database, NOW)
        await rollup.advance("edge")
        await add(database, range(NOW - 59, NOW, 2))
        await rollup.advance("edge")
        assert (await totals(database))["traffic_hour"] == 120
        await assert_complete(database)

    on_database(mongo_uri, scenario)


def test_a_backlog_written_after_the_first_look_leaves_no_hole(mongo_uri: str) -> None:
    """MongoDB comes back: the rollup looks before the writer has written what waited."""

    async def scenario(database: Database) -> None:
        await add(database, range(NOW - 5 * HOUR, NOW - 4 * HOUR, 60))
        await rollup_at(database, NOW - 4 * HOUR).advance("edge")
        rollup = rollup_at(database, NOW)
        await rollup.advance("edge")
        await add(database, range(NOW - 4 * HOUR, NOW, 60))
        await rollup.advance("edge")
        await assert_complete(database)

    on_database(mongo_uri, scenario)


def test_a_recorder_killed_between_rollups_and_progress_makes_them_again(
    mongo_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(database: Database) -> None:
        await add(database, range(NOW - 3 * HOUR, NOW, 60))
        original, calls = MongoTrafficRollups.replace, 0

        async def killed(store: MongoTrafficRollups, collection: str, made: Any) -> int:
            nonlocal calls
            calls += 1
            if calls == 6:  # after the minutes of a step, before their hour
                raise StoreUnavailable("killed")
            return await original(store, collection, made)

        monkeypatch.setattr(MongoTrafficRollups, "replace", killed)
        with pytest.raises(StoreUnavailable):
            await rollup_at(database, NOW).advance("edge")
        of_seconds, of_minutes, of_hours = (await totals(database)).values()
        assert of_seconds > of_minutes > of_hours > 0
        await rollup_at(database, NOW).advance("edge")
        await assert_complete(database)

    on_database(mongo_uri, scenario)


def test_deleted_seconds_take_nothing_away(mongo_uri: str) -> None:
    async def scenario(database: Database) -> None:
        await add(database, range(NOW - 60, NOW))
        await rollup_at(database, NOW).advance("edge")
        await database.traffic.delete_many({"ts": {"$lt": datetime.fromtimestamp(NOW - 30, UTC)}})
        await rollup_at(database, NOW).advance("edge")
        assert await totals(database) == {"traffic": 60, "traffic_minute": 120, "traffic_hour": 120}

    on_database(mongo_uri, scenario)


def test_a_node_that_went_is_finished_by_another_and_then_forgotten(mongo_uri: str) -> None:
    async def scenario(database: Database) -> None:
        await add(database, range(NOW - 600, NOW - 300), "gone")
        await rollup_at(database, NOW - 400, "gone").advance("gone")
        await add(database, range(NOW - 300, NOW - 200), "gone")
        soon = rollup_at(database, NOW - 400 + SILENT_SECONDS / 2)
        await soon.finish_all()
        assert (await totals(database, "gone"))["traffic_minute"] == 600
        await rollup_at(database, NOW + SILENT_SECONDS).finish_all()
        await assert_complete(database, "gone")
        assert await database.rollup_progress.count_documents({"_id": "gone"}) == 1
        await rollup_at(database, NOW + 3 * DAY).finish_all()
        assert [one["_id"] async for one in database.rollup_progress.find()] == ["edge"]

    on_database(mongo_uri, scenario)


def test_a_clock_that_was_set_back_is_followed(mongo_uri: str) -> None:
    async def scenario(database: Database) -> None:
        await add(database, range(NOW + HOUR, NOW + HOUR + 10))
        await rollup_at(database, NOW + HOUR + 10).advance("edge")
        await add(database, range(NOW, NOW + 10))
        await rollup_at(database, NOW + 10).advance("edge")
        await assert_complete(database)

    on_database(mongo_uri, scenario)


def test_every_query_of_the_rollups_is_served_by_an_index(mongo_uri: str) -> None:
    async def scenario(database: Database) -> None:
        await add(database, range(NOW - 300, NOW))
        await rollup_at(database, NOW).advance("edge")
        for name in ("traffic", "traffic_minute", "traffic_hour"):
            for query in (
                of_node("edge", NOW - 60, NOW),
                {"node": "edge", "ts": {"$gte": datetime.fromtimestamp(0, UTC)}},
                {"ts": {"$gte": datetime.fromtimestamp(NOW - 60, UTC)}},
            ):
                plan = str(await database[name].find(query).explain())
                assert "IXSCAN" in plan, (name, query)
                assert "COLLSCAN" not in plan, (name, query)

    on_database(mongo_uri, scenario)


def test_a_server_that_is_away_is_store_unavailable() -> None:
    async def scenario() -> None:
        database = connect(f"mongodb://127.0.0.1:{free_port()}/decider")
        with pytest.raises(StoreUnavailable):
            await rollup_at(database, NOW).advance("edge")
        await database.client.close()

    asyncio.run(scenario())
