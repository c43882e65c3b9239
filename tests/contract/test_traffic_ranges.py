"""Totals of a range on a real server: the same from seconds, minutes and hours, each behind an index."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.monitoring import CommandListener, CommandStartedEvent

from dash_app import traffic_grain
from dash_app.system_reader import SystemReader, adding_up, adding_up_routes
from dash_app.traffic_grain import Grain, Piece
from decider.core import traffic_rollup
from decider.core.access_line import AccessLine, Outcome
from decider.core.traffic_second import TrafficSecond

TEN = 1_763_892_000  # 10:00 UTC
NOW = TEN + 2_130.5
HOUR, DAY = 3_600, 86_400
NODES = ("edge", "edge-2")
Documents = Database[dict[str, Any]]


class Asked(CommandListener):
    """Collection and bounds of every aggregation."""

    def __init__(self) -> None:
        self.pieces: set[tuple[str, float, float]] = set()

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "aggregate":
            span = event.command["pipeline"][0]["$match"]["ts"]
            lower, upper = (span[one].timestamp() for one in ("$gte", "$lt"))
            self.pieces.add((event.command["aggregate"], lower, upper))

    def succeeded(self, event: object) -> None:
        """Not of interest."""

    def failed(self, event: object) -> None:
        """Not of interest."""


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def database(mongo_uri: str, asked: Asked) -> Iterator[Documents]:
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True, event_listeners=[asked]) as client:
        database: Documents = client.get_default_database()
        for grain in Grain:
            database[grain.collection].create_index([("ts", 1)])
        yield database


def fill(database: Documents, start: int, end: int) -> list[dict[str, Any]]:
    """Seconds of both nodes, and what the recorder has rolled up by NOW; returns the seconds."""
    chance, written = random.Random(7), list[dict[str, Any]]()
    for node in NODES:
        seconds = []
        for second in range(start, end):
            traffic = TrafficSecond()
            for route in ("checkout", "page"):
                outcome = chance.choice([Outcome.ALLOWED, Outcome.BLOCKED, Outcome.WOULD_BLOCK])
                line = AccessLine("203.0.113.7", "GET", "/", 200, outcome, "burst=0.6", False, 0.125, 100)
                traffic.add(line, "DE", route)
            seconds.append(traffic.document(node, second))
        over = [one for one in seconds if one["ts"].timestamp() < NOW - 30]
        minutes = traffic_rollup.rollups(traffic_rollup.Grain.MINUTE, node, over)
        hours = traffic_rollup.rollups(traffic_rollup.Grain.HOUR, node, minutes)
        database.traffic.insert_many(seconds)
        database.traffic_minute.insert_many(minutes)
        database.traffic_hour.insert_many(hours)
        written += seconds
    return written


def test_seconds_minutes_and_hours_of_one_range_have_the_same_totals(
    database: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = fill(database, TEN - 2 * HOUR, int(NOW))
    reader = SystemReader(database)
    found = {}
    for grain in Grain:
        monkeypatch.setattr(traffic_grain, "grain_of", lambda start, end, now, grain=grain: grain)
        found[grain] = reader.counted(TEN - 2 * HOUR, NOW, NOW)
    assert found[Grain.SECOND].allowed == sum(one["allowed"] for one in seconds)
    assert [one.route for one in found[Grain.SECOND].routes] == ["checkout", "page"]
    assert found[Grain.MINUTE] == found[Grain.SECOND]
    assert found[Grain.HOUR] == found[Grain.SECOND]


def test_thirty_days_touch_only_hours_and_the_running_hour(database: Documents, asked: Asked) -> None:
    seconds = fill(database, TEN - HOUR, int(NOW))
    old = traffic_rollup.rollup(traffic_rollup.Grain.HOUR, (TEN - 29 * DAY) // HOUR, "edge", seconds[:10])
    database.traffic_hour.insert_one(old)
    counted = SystemReader(database).counted(NOW - 30 * DAY, NOW, NOW)
    assert counted.allowed == sum(one["allowed"] for one in [*seconds, old])
    assert asked.pieces == {
        ("traffic_hour", TEN - 30 * DAY, TEN),
        ("traffic_minute", TEN, TEN + 2_100),
        ("traffic", TEN + 2_100, NOW),
    }


def test_an_old_range_is_there_after_its_seconds_and_minutes_were_deleted(database: Documents) -> None:
    seconds = fill(database, TEN - 20 * DAY, TEN - 20 * DAY + 2 * HOUR)
    for grain in (Grain.SECOND, Grain.MINUTE):
        database[grain.collection].delete_many({})
    counted = SystemReader(database).counted(TEN - 20 * DAY, TEN - 20 * DAY + 2 * HOUR, NOW)
    assert counted.blocked == sum(one["blocked"] for one in seconds)


@pytest.mark.parametrize("piece", [Piece(grain, TEN - DAY, TEN) for grain in Grain])
def test_every_grain_is_served_by_its_index(database: Documents, piece: Piece) -> None:
    fill(database, TEN - HOUR, int(NOW))
    bounds = (datetime.fromtimestamp(one, UTC) for one in (piece.start, piece.end))
    span = dict(zip(("$gte", "$lt"), bounds, strict=True))
    for stages in (adding_up(span), adding_up_routes(span)):
        plan = str(database[piece.grain.collection].find(stages[0]["$match"]).explain())
        assert "IXSCAN" in plan
        assert "COLLSCAN" not in plan
