"""Every read of the dashboard on a real server: right answers, and an index behind each."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from dash_app.reader import ANEW_SECONDS, DashboardReader, DatabaseUnavailableError
from decider.core.security_event import EventKind, Reason, SecurityEvent

NOW = int(time.time())
INDEXES: dict[str, list[tuple[str, ...]]] = {
    "events": [("ts",), ("kind", "ts"), ("kind", "until")],
    "traffic": [("ts",)],
}


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.fixture
def database(mongo_uri: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as client:
        database: Database[dict[str, Any]] = client.get_default_database()
        for collection, indexes in INDEXES.items():
            for fields in indexes:
                database[collection].create_index([(name, 1) for name in fields])
        yield database


@pytest.fixture
def reader(mongo_uri: str) -> Iterator[DashboardReader]:
    with closing(DashboardReader(mongo_uri, clock=lambda: float(NOW))) as reader:
        yield reader


def add_second(database: Database[dict[str, Any]], second: int, node: str = "a", **counts: int) -> None:
    database.traffic.insert_one({"_id": f"{node}:{second}", "ts": moment(second), "node": node, **counts})


def add_event(
    database: Database[dict[str, Any]],
    number: int,
    kind: EventKind,
    client: str,
    ts: float,
    until: float = 0.0,
) -> None:
    event = SecurityEvent(kind=kind, ts=ts, client=client, until=until, reasons=(Reason("burst", 0.9),))
    database.events.insert_one(event.to_document(f"{int(ts * 1000)}-{number}"))


def test_traffic_of_all_nodes_comes_oldest_first_and_no_older_than_asked(
    database: Database[dict[str, Any]], reader: DashboardReader
) -> None:
    add_second(database, NOW - 10, "a", allowed=5)
    add_second(database, NOW - 10, "b", allowed=7)
    add_second(database, NOW - 5, "a", blocked=2)
    add_second(database, NOW - 400, "a", allowed=1)
    rows = reader.traffic(NOW - 300)
    assert [row.second for row in rows] == [NOW - 10, NOW - 10, NOW - 5]
    assert sum(row.allowed for row in rows) == 12


def test_a_second_that_is_written_late_is_seen_all_the_same(
    database: Database[dict[str, Any]], reader: DashboardReader
) -> None:
    add_second(database, NOW - 2, allowed=1)
    reader.traffic(NOW - 300)
    add_second(database, NOW - 9, allowed=4)
    assert sum(row.allowed for row in reader.traffic(NOW - 300)) == 5


def test_episodes_come_newest_first_without_other_events(
    database: Database[dict[str, Any]], reader: DashboardReader
) -> None:
    add_event(database, 1, EventKind.BAN_STARTED, "first", NOW - 30, NOW)
    add_event(database, 2, EventKind.DEGRADED_STARTED, "", NOW - 20)
    add_event(database, 3, EventKind.FAIL_OPEN_STARTED, "", NOW - 10)
    found = [row.event.kind for row in reader.episodes(NOW - 60, NOW)]
    assert found == [EventKind.FAIL_OPEN_STARTED, EventKind.DEGRADED_STARTED]


def test_every_query_is_served_by_an_index(database: Database[dict[str, Any]]) -> None:
    since = {"$gte": moment(NOW) - timedelta(minutes=5)}
    for query, collection in (
        ({"ts": since}, "traffic"),
        ({"ts": since}, "events"),
        ({"kind": "ban_started", "until": {"$gt": moment(NOW)}}, "events"),
        ({"kind": "ban_lifted", "ts": since}, "events"),
    ):
        plan = str(database[collection].find(query).explain())
        assert "IXSCAN" in plan, (collection, query)
        assert "COLLSCAN" not in plan, (collection, query)


def test_a_dead_server_is_said_within_the_patience_of_a_page() -> None:
    started = time.monotonic()
    nobody = DashboardReader("mongodb://127.0.0.1:1/decider?directConnection=true")
    with closing(nobody), pytest.raises(DatabaseUnavailableError):
        nobody.recorders()
    assert time.monotonic() - started < 3


def test_seconds_of_a_node_that_was_away_for_long_are_seen_within_minutes(
    database: Database[dict[str, Any]], mongo_uri: str
) -> None:
    now = [float(NOW)]
    with closing(DashboardReader(mongo_uri, clock=lambda: now[0])) as reader:
        add_second(database, NOW - 2, allowed=1)
        reader.traffic(NOW - 3_000)
        add_second(database, NOW - 1_000, "b", allowed=4)
        assert sum(row.allowed for row in reader.traffic(NOW - 3_000)) == 1
        now[0] += ANEW_SECONDS + 1
        assert sum(row.allowed for row in reader.traffic(NOW - 3_000)) == 5
