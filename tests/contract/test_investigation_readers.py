"""Offenders, counts and operators' actions on a real server: right answers, and an index behind each."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from dash_app.event_filter import EventFilter
from dash_app.offender_reader import OffenderReader, grouping
from dash_app.reader import DatabaseUnavailableError
from dash_app.system_reader import SystemReader
from decider.core.security_event import EventKind, Reason, SecurityEvent

NOW = int(time.time())
HOUR, DAY = 3_600, 86_400
Documents = Database[dict[str, Any]]


@pytest.fixture
def database(mongo_uri: str) -> Iterator[Documents]:
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as client:
        database: Documents = client.get_default_database()
        for fields in (("ts",), ("kind", "ts"), ("kind", "until"), ("client", "ts"), ("request_id",)):
            database.events.create_index([(name, 1) for name in fields])
        yield database


def add(database: Documents, kind: EventKind, client: str, ago: float, **more: Any) -> None:
    event = SecurityEvent(kind=kind, ts=NOW - ago, client=client, reasons=(Reason("burst", 0.9),), **more)
    database.events.insert_one(event.to_document(f"{kind}-{client}-{ago}"))


def test_offenders_are_grouped_over_all_windows_of_a_range(database: Documents) -> None:
    for ago in (10, 2 * HOUR, 20 * HOUR):
        add(database, EventKind.BAN_STARTED, "203.0.113.7", ago, country="SG", score=0.9)
    add(database, EventKind.WOULD_BLOCK, "203.0.113.7", 30 * HOUR, score=0.95)
    add(database, EventKind.WOULD_BLOCK, "198.51.100.1", 60, country="DE", score=0.5)
    add(database, EventKind.BAN_LIFTED, "192.0.2.1", 60)
    add(database, EventKind.DEGRADED_STARTED, "", 60)
    reader = OffenderReader(database)
    found = {one.client: one for one in reader.offenders("7d", EventFilter(), NOW - 7 * DAY, NOW).clients}
    assert set(found) == {"203.0.113.7", "198.51.100.1"}
    one = found["203.0.113.7"]
    assert (one.events, one.bans, one.score, one.country) == (4, 3, 0.95, "SG")
    assert (one.first, one.last) == (NOW - 30 * HOUR, NOW - 10)
    filtered = reader.offenders("7d", EventFilter(country="DE"), NOW - 7 * DAY, NOW).clients
    assert [one.client for one in filtered] == ["198.51.100.1"]


def test_the_newest_event_of_an_offender_is_found_whatever_the_range(database: Documents) -> None:
    add(database, EventKind.BAN_STARTED, "203.0.113.7", 2 * DAY)
    add(database, EventKind.BAN_LIFTED, "203.0.113.7", DAY)
    reader = OffenderReader(database)
    page = reader.with_latest(reader.offenders("x", EventFilter(), NOW - 3 * DAY, NOW - 1.5 * DAY).clients)
    assert page[0].latest is not None
    assert page[0].latest.event.kind is EventKind.BAN_LIFTED


def test_groups_are_read_once_for_many_pages_and_again_after_a_moment(database: Documents) -> None:
    moments = [0.0]
    reader = OffenderReader(database, patience=lambda: moments[0])
    add(database, EventKind.BAN_STARTED, "a", 10)
    assert len(reader.offenders("1h", EventFilter(), NOW - HOUR, NOW).clients) == 1
    add(database, EventKind.BAN_STARTED, "b", 10)
    assert len(reader.offenders("1h", EventFilter(), NOW - HOUR, NOW).clients) == 1
    moments[0] = 3.0
    assert len(reader.offenders("1h", EventFilter(), NOW - HOUR, NOW).clients) == 2


def test_a_range_too_long_for_one_look_is_complete_after_several_and_counts_everything_once(
    database: Documents,
) -> None:
    for ago in range(1, 30):
        add(database, EventKind.BAN_STARTED, f"client-{ago % 7}", ago * DAY)
    moments = count()  # every look at the clock is 40 ms after the last
    reader = OffenderReader(database, patience=lambda: next(moments) * 0.04)
    start = NOW - 30 * DAY
    looks = [reader.offenders("30d", EventFilter(), start, NOW)]
    assert start < looks[0].complete_since < NOW
    while looks[-1].complete_since > start:
        for _ in range(100):
            next(moments)
        looks.append(reader.offenders("30d", EventFilter(), start, NOW))
        assert looks[-1].complete_since <= looks[-2].complete_since
    assert sum(one.events for one in looks[-1].clients) == 29
    assert len(looks[-1].clients) == 7
    whole = reader.all_offenders("other", EventFilter(), start, NOW)
    assert sorted(whole.clients, key=str) == sorted(looks[-1].clients, key=str)


def test_a_range_that_has_been_walked_goes_on_with_what_happens_since(database: Documents) -> None:
    moments = [0.0]
    reader = OffenderReader(database, patience=lambda: moments[0])
    add(database, EventKind.BAN_STARTED, "old", 6 * DAY)
    add(database, EventKind.BAN_STARTED, "busy", 600)
    span = (NOW - 7 * DAY, NOW)
    assert len(reader.offenders("7d", EventFilter(), *span).clients) == 2
    clients = {"old", "busy"}
    for later in (1_200, 2_400):
        moments[0] += 10.0
        add(database, EventKind.BAN_STARTED, f"new-{later}", 60 - later)
        add(database, EventKind.BAN_EXTENDED, "busy", 90 - later)
        found = reader.offenders("7d", EventFilter(), span[0] + later, span[1] + later).clients
        clients.add(f"new-{later}")
        assert {one.client for one in found} == clients
    assert {one.client: one.events for one in found}["busy"] == 3
    moments[0] += 10.0  # two days on, what is older than the range is out of it
    found = reader.offenders("7d", EventFilter(), span[0] + 2 * DAY, span[1] + 2 * DAY).clients
    assert {one.client for one in found} == {"busy", "new-1200", "new-2400"}


def test_the_audit_log_holds_what_people_did_and_nothing_else(database: Documents) -> None:
    add(database, EventKind.BAN_STARTED, "a", 10)
    add(database, EventKind.BAN_STARTED, "b", 20, actor="alice")
    add(database, EventKind.BAN_LIFTED, "c", 5, actor="bob")
    add(database, EventKind.ALLOW_LISTED, "203.0.113.0/24", 2 * HOUR, actor="bob")
    add(database, EventKind.DELISTED, "203.0.113.0/24", 9 * DAY, actor="bob")
    found = SystemReader(database).operator_actions(NOW - DAY, NOW)
    assert [row.event.client for row in found] == ["c", "b", "203.0.113.0/24"]


def test_every_query_is_served_by_an_index(database: Documents) -> None:
    span = {"$gte": datetime.fromtimestamp(NOW, UTC) - timedelta(hours=1)}
    for collection, match in (
        ("events", grouping(EventFilter(country="SG"), span)[0]["$match"]),
        ("events", {"client": "203.0.113.7"}),
        ("events", {"kind": "ban_lifted", "ts": span}),
        ("events", {"kind": "ban_started", "ts": span}),
    ):
        plan = str(database[collection].find(match).explain())
        assert "IXSCAN" in plan, (collection, match)
        assert "COLLSCAN" not in plan, (collection, match)


def test_a_dead_server_is_said_within_the_patience_of_a_page() -> None:
    with MongoClient[dict[str, Any]]("mongodb://127.0.0.1:1/?directConnection=true", timeoutMS=500) as client:
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailableError):
            SystemReader(client["decider"]).recorders()
        with pytest.raises(DatabaseUnavailableError):
            OffenderReader(client["decider"]).offenders("x", EventFilter(), NOW - DAY, NOW)
        assert time.monotonic() - started < 3
