"""Totals of a range on a real server: the same from seconds, minutes and hours, each behind an index."""

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from dash_app.event_filter import EventFilter
from dash_app.ranges import range_from_search
from dash_app.reader import DashboardReader
from dash_app.savings_range import estimate, route_totals
from dash_app.settings import Prices
from dash_app.snapshot import Snapshot
from dash_app.snapshots import Snapshots
from dash_app.traffic_grain import Grain, pieces
from decider.core import traffic_rollup
from decider.core.access_line import AccessLine, Outcome
from decider.core.traffic_second import TrafficSecond

TEN = 1_763_892_000  # 10:00 UTC
NOW = TEN + 2_130.5
HOUR, DAY = 3_600, 86_400
NODES = ("edge", "edge-2")
Documents = Database[dict[str, Any]]


@pytest.fixture
def database(mongo_uri: str) -> Iterator[Documents]:
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as client:
        database: Documents = client.get_default_database()
        for grain in Grain:
            database[grain.collection].create_index([("ts", 1)])
        database.events.create_index([("ts", 1)])
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


@pytest.fixture
def reader(mongo_uri: str) -> Iterator[DashboardReader]:
    with closing(DashboardReader(mongo_uri, clock=lambda: NOW)) as reader:
        yield reader


def seen(reader: DashboardReader, search: str) -> Snapshot:
    """What the pages show of the range of an address."""
    return Snapshots(reader, Prices(), lambda: NOW).take(range_from_search(search))


def test_seconds_minutes_and_hours_of_one_range_have_the_same_totals(
    database: Documents, reader: DashboardReader
) -> None:
    seconds = fill(database, TEN - 2 * HOUR, int(NOW))
    found = {}
    for grain in Grain:
        rows = reader.traffic_of(pieces(TEN - 2 * HOUR, NOW, NOW, grain))
        found[grain] = (sum(row.allowed for row in rows), estimate(rows, Prices()), route_totals(rows))
    assert found[Grain.SECOND][0] == sum(one["allowed"] for one in seconds)
    assert [one.route for one in found[Grain.SECOND][2]] == ["checkout", "page"]
    assert found[Grain.MINUTE] == found[Grain.SECOND]
    assert found[Grain.HOUR] == found[Grain.SECOND]


def test_thirty_days_touch_only_hours_and_the_running_hour(
    database: Documents, reader: DashboardReader
) -> None:
    seconds = fill(database, TEN - HOUR, int(NOW))
    old = traffic_rollup.rollup(traffic_rollup.Grain.HOUR, (TEN - 29 * DAY) // HOUR, "edge", seconds[:10])
    database.traffic_hour.insert_one(old)
    database.traffic.insert_one(seconds[0] | {"_id": "far", "ts": datetime.fromtimestamp(TEN - 9 * DAY, UTC)})
    snapshot = seen(reader, "?range=30d")
    assert snapshot.requests == sum(one["allowed"] + one["blocked"] for one in [*seconds, old])
    assert snapshot.blocked_by_field["country"] == {"DE": snapshot.blocked}


def test_the_live_range_and_the_longer_one_agree_on_the_same_requests(
    database: Documents, reader: DashboardReader
) -> None:
    fill(database, int(NOW) - 240, int(NOW))
    searches = ("?range=5m", "?range=1h", "?range=6h", "?range=24h", "?range=7d", "?range=30d")
    found = [seen(reader, search) for search in searches]
    assert found[0].requests > 0
    assert (
        len(
            {
                (one.requests, one.blocked, sum(row.would_block for row in one.rows), one.saved.usd)
                for one in found
            }
        )
        == 1
    )


@pytest.mark.parametrize(
    ("search", "length"),
    [("?range=5m", 300), ("?range=15m", 900), ("?range=1h", HOUR), ("?range=6h", 6 * HOUR)],
)
def test_the_range_before_is_as_long_and_ends_where_the_shown_one_begins(
    database: Documents, reader: DashboardReader, search: str, length: int
) -> None:
    seconds = fill(database, int(NOW) - 2 * HOUR, int(NOW))
    snapshot = seen(reader, search)
    until = range_from_search(search).first_bucket(NOW)
    grain = 60 if length >= HOUR else 1
    start, end = (one // grain * grain for one in (until - length, until))
    inside = [one for one in seconds if start <= one["ts"].timestamp() < end]
    assert bool(inside) == (length <= HOUR)
    assert snapshot.before.requests == sum(one["allowed"] + one["blocked"] for one in inside)
    assert snapshot.before.blocked == sum(one["blocked"] for one in inside)


def test_an_old_range_is_there_after_its_seconds_and_minutes_were_deleted(
    database: Documents, reader: DashboardReader
) -> None:
    seconds = fill(database, TEN - 20 * DAY, TEN - 20 * DAY + 2 * HOUR)
    for grain in (Grain.SECOND, Grain.MINUTE):
        database[grain.collection].delete_many({})
    start, end = (
        datetime.fromtimestamp(TEN - 20 * DAY + ago, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for ago in (1_800, HOUR)
    )
    snapshot = seen(reader, f"?from={start}&to={end}")
    assert [row.second for row in snapshot.rows] == [TEN - 20 * DAY] * 2
    hour = datetime.fromtimestamp(TEN - 20 * DAY + HOUR, UTC)
    assert snapshot.blocked == sum(one["blocked"] for one in seconds if one["ts"] < hour)


@pytest.mark.parametrize("grain", Grain)
def test_every_grain_is_served_by_its_index(database: Documents, grain: Grain) -> None:
    fill(database, TEN - HOUR, int(NOW))
    bounds = (datetime.fromtimestamp(one, UTC) for one in (TEN - DAY, TEN))
    span = dict(zip(("$gte", "$lt"), bounds, strict=True))
    plan = str(database[grain.collection].find({"ts": span}).sort("ts", 1).explain())
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan


@pytest.mark.parametrize("search", ["?range=5m", "?range=24h", "?range=30d"])
def test_a_filter_by_route_or_country_narrows_every_range_alike(
    database: Documents, reader: DashboardReader, search: str
) -> None:
    seconds = fill(database, int(NOW) - 240, int(NOW))
    shared, span = Snapshots(reader, Prices(), lambda: NOW), range_from_search(search)
    by_route = [one for second in seconds for one in second["by_route"] if one["route"] == "checkout"]
    route = shared.take(span, EventFilter(route="checkout"))
    assert route.blocked == sum(one["blocked"] for one in by_route) > 0
    assert route.requests == route.blocked + sum(one["allowed"] for one in by_route)
    everything, nobody = shared.take(span), shared.take(span, EventFilter(excluded=(("country", "DE"),)))
    assert shared.take(span, EventFilter(country="DE")).totals.requests == everything.requests
    assert (nobody.requests, nobody.saved) == (0, everything.saved)
    assert shared.take(span, EventFilter(asn=7)).totals == everything.totals


def test_a_snapshot_of_a_long_range_is_taken_once_for_all_who_look(
    database: Documents, reader: DashboardReader
) -> None:
    now = [NOW]
    fill(database, TEN - HOUR, TEN)
    shared, month = Snapshots(reader, Prices(), lambda: now[0]), range_from_search("?range=30d")
    first = shared.take(month)
    now[0] += 4
    assert shared.take(month) is first
    now[0] += 2
    assert shared.take(month) is not first
