"""Bans on a real server: the right ones, newest first, also behind bursts and silences, through an index."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from dash_app.ban_counts import count_bans
from dash_app.ban_reader import (
    ANEW_SECONDS,
    WHOLE_PATIENCE_SECONDS,
    BanReader,
    active_pipeline,
    bans_pipeline,
    counting,
    matching,
)
from dash_app.event_filter import EventFilter
from decider.core.security_event import EventKind, Reason, SecurityEvent

NOW = int(time.time())
HOUR, DAY = 3_600, 86_400
INDEXES: list[tuple[str, ...]] = [("ts",), ("kind", "ts"), ("kind", "until"), ("client", "ts")]
EVERYTHING = EventFilter()
Documents = Database[dict[str, Any]]


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.fixture
def database(mongo_uri: str) -> Iterator[Documents]:
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as client:
        database: Documents = client.get_default_database()
        for fields in INDEXES:
            database.events.create_index([(name, 1) for name in fields])
        yield database


@pytest.fixture
def reader(database: Documents) -> BanReader:
    return BanReader(database, lambda: float(NOW))


def add(
    database: Documents, client: str, ago: float, kind: EventKind = EventKind.BAN_STARTED, **more: Any
) -> None:
    fields = {"until": NOW + 60.0, "reasons": (Reason("burst", 0.9),), **more}
    event = SecurityEvent(kind=kind, ts=NOW - ago, client=client, **fields)
    database.events.insert_one(event.to_document(f"{client}-{ago}"))


def clients(rows: Any) -> list[str]:
    return [row.event.client for row in rows]


def test_active_bans_are_those_that_run_and_were_not_lifted(database: Documents, reader: BanReader) -> None:
    add(database, "running", 30)
    add(database, "ended", 90, until=NOW - 30.0)
    add(database, "lifted", 30)
    add(database, "lifted", 10, EventKind.BAN_LIFTED, until=NOW + 590.0)
    add(database, "banned again", 30)
    add(database, "banned again", 20, EventKind.BAN_LIFTED, until=0.0)
    add(database, "banned again", 10, country="SG")
    add(database, "observed", 10, EventKind.WOULD_BLOCK)
    assert reader.active(EVERYTHING) == 2
    assert reader.active(EventFilter(country="SG")) == 1
    assert reader.active(EventFilter(excluded=(("country", "SG"), ("signal", "identity")))) == 1
    assert reader.active(EventFilter(excluded=(("signal", "burst"),))) == 0


def test_the_last_hour_comes_newest_first_without_other_events(
    database: Documents, reader: BanReader
) -> None:
    add(database, "old", 2 * HOUR)
    add(database, "first", 30)
    add(database, "", 20, EventKind.DEGRADED_STARTED)
    add(database, "second", 10, EventKind.BAN_LIFTED)
    assert clients(reader.lately().rows) == ["second", "first"]
    assert reader.lately().complete_since <= NOW - HOUR


def test_the_last_hour_goes_on_with_what_is_new_and_late_and_forgets_what_is_old(database: Documents) -> None:
    now = [float(NOW)]
    reader = BanReader(database, lambda: now[0])
    add(database, "old", HOUR + 10)
    add(database, "first", 5)
    assert clients(reader.lately().rows) == ["first", "old"]
    add(database, "late", 12)
    add(database, "very late", 600)
    add(database, "new", -20)
    now[0] += 30
    assert clients(reader.lately().rows) == ["new", "first", "late"]
    now[0] += ANEW_SECONDS
    assert clients(reader.lately().rows) == ["new", "first", "late", "very late"]


def test_bans_of_a_month_are_found_behind_a_burst_and_a_silence(database: Documents) -> None:
    reader = BanReader(database, lambda: float(NOW), patience=lambda: 0.0)  # as on a machine that is quick
    ban = SecurityEvent(kind=EventKind.BAN_STARTED, ts=NOW, client="a").to_document("x")
    burst = NOW - 20 * DAY
    database.events.insert_many(
        {**ban, "_id": f"burst-{number}", "ts": moment(burst + number / 500)} for number in range(12_000)
    )
    add(database, "lately", DAY)
    add(database, "after the range", 5)
    found = reader.between(EVERYTHING, NOW - 30 * DAY, NOW - 10)
    assert clients(found.rows[:50]) == ["lately"] + ["a"] * 49
    assert [row.event.ts for row in found.rows] == sorted((row.event.ts for row in found.rows), reverse=True)
    assert found.rows[1].event_id == "burst-11999"
    assert reader.counts(EVERYTHING, NOW - 30 * DAY, NOW - 10).total == 12_001
    assert reader.between(EVERYTHING, NOW - DAY + 1, NOW - 10).rows == ()


def test_who_runs_out_of_patience_says_since_when_its_bans_are_complete(database: Documents) -> None:
    for day in range(20):
        add(database, f"day {day}", day * DAY + 100, country="SG")
    looked = iter(number * WHOLE_PATIENCE_SECONDS for number in range(1_000))
    found = BanReader(database, lambda: float(NOW), lambda: next(looked)).between(
        EventFilter(country="SG"), NOW - 30 * DAY, NOW
    )
    assert NOW - 30 * DAY < found.complete_since < NOW - 50
    complete = BanReader(database, lambda: float(NOW)).between(EVERYTHING, found.complete_since, NOW)
    assert clients(found.rows) == clients(complete.rows)


@pytest.mark.parametrize(
    "wanted",
    [
        EventFilter(country="SG"),
        EventFilter(asn=64_500, route="checkout"),
        EventFilter(signal="regularity"),
        EventFilter(user_agent="curl/8.1"),
        EventFilter(excluded=(("country", "DE"),)),
        EventFilter(country="SG", excluded=(("country", "DE"), ("country", "FR"))),
        EventFilter(excluded=(("asn", "64501"), ("route", "page"))),
        EventFilter(excluded=(("signal", "identity"),)),
        EventFilter(excluded=(("user_agent", "python"),)),
    ],
)
def test_the_database_and_the_kept_hour_agree_on_a_filter(
    database: Documents, reader: BanReader, wanted: EventFilter
) -> None:
    both = (Reason("burst", 0.9), Reason("regularity", 0.2))
    sg: dict[str, Any] = {
        "country": "SG",
        "asn": 64_500,
        "route": "checkout",
        "reasons": both,
        "user_agent": "curl/8.1",
    }
    de: dict[str, Any] = {"country": "DE", "asn": 64_501, "route": "page", "user_agent": "python"}
    add(database, "wanted", 10, **sg)
    add(database, "other", 20, **de, reasons=(Reason("identity", 0.9),))
    add(database, "wanted", 5, EventKind.BAN_LIFTED, reasons=())
    add(database, "other", 6, EventKind.BAN_LIFTED, reasons=())
    kept = matching(reader.lately().rows, wanted)
    assert clients(kept) == ["wanted", "wanted"]
    assert matching(reader.between(wanted, NOW - HOUR, NOW).rows, wanted) == kept
    counted = reader.counts(wanted, NOW - HOUR, NOW)
    assert (counted.total, counted.by_field) == (1, count_bans(kept, 0).by_field)
    assert counted.by_field["signal"] == {"burst": 1, "regularity": 1}


def test_what_a_newer_version_wrote_does_not_break_the_page(database: Documents, reader: BanReader) -> None:
    database.events.insert_one({"_id": "1", "ts": moment(NOW), "kind": "ban_started", "new_field": {"x": 1}})
    assert len(reader.lately().rows) == 1


def test_every_query_is_served_by_an_index(database: Documents) -> None:
    span = {"$gte": moment(NOW - 60)}
    wanted = EventFilter(country="SG", excluded=(("route", "login"),))
    for stages in (
        bans_pipeline(EVERYTHING, span, 10),
        bans_pipeline(wanted, span, 10),
        counting(wanted, span),
        active_pipeline(wanted, EventKind.BAN_STARTED, moment(NOW)),
    ):
        plan = str(database.events.find(stages[0]["$match"]).explain())
        assert "IXSCAN" in plan, stages
        assert "COLLSCAN" not in plan, stages
