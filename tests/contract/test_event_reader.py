"""Events on a real server: the right ones, newest first, page by page, through an index."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from dash_app.event_filter import EventFilter
from dash_app.event_reader import EventReader, pipeline
from decider.core.security_event import EventKind, Reason, SecurityEvent

NOW = int(time.time())
INDEXES: list[tuple[str, ...]] = [
    ("ts",),
    ("kind", "ts"),
    ("kind", "until"),
    ("client", "ts"),
    ("request_id",),
]
DAY = 86_400


@pytest.fixture
def database(mongo_uri: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as client:
        database: Database[dict[str, Any]] = client.get_default_database()
        for fields in INDEXES:
            database.events.create_index([(name, 1) for name in fields])
        yield database


@pytest.fixture
def reader(database: Database[dict[str, Any]]) -> EventReader:
    return EventReader(database)


def add(database: Database[dict[str, Any]], name: str, ago: float, **more: Any) -> None:
    fields = {
        "kind": EventKind.BAN_STARTED,
        "client": "203.0.113.7",
        "reasons": (Reason("burst", 0.9),),
        **more,
    }
    event = SecurityEvent(ts=NOW - ago, **fields)
    database.events.insert_one(event.to_document(name))


def found(reader: EventReader, wanted: EventFilter, span: float = DAY, limit: int = 100) -> list[str]:
    return [row.event_id for row in reader.page(wanted, NOW - span, NOW, limit).rows]


def test_pages_follow_each_other_without_gap_or_repeat_even_within_one_moment(
    database: Database[dict[str, Any]], reader: EventReader
) -> None:
    for number in range(25):
        add(database, f"{number:02}", ago=number // 5 * 3_000)
    seen, cursor = list[str](), None
    for _ in range(20):
        page = reader.page(EventFilter(), NOW - DAY, NOW, 4, cursor)
        seen += [row.event_id for row in page.rows]
        cursor = page.older
        if cursor is None:
            break
    assert len(seen) == 25
    assert seen == sorted(seen, key=lambda one: (int(one) // 5, -int(one)))


@pytest.mark.parametrize(
    "wanted",
    [
        EventFilter(client="198.51.100.1"),
        EventFilter(kind="would_block"),
        EventFilter(country="SG"),
        EventFilter(asn=64500),
        EventFilter(route="checkout"),
        EventFilter(signal="regularity"),
        EventFilter(request_id="abc"),
        EventFilter(text="CURL/8"),
        EventFilter(text="$(reboot) [x]"),
        EventFilter(client="198.51.100.1", kind="would_block", country="SG", text="curl"),
    ],
)
def test_a_filter_finds_what_it_names_and_nothing_else(
    database: Database[dict[str, Any]], reader: EventReader, wanted: EventFilter
) -> None:
    add(database, "other", ago=20)
    add(
        database,
        "wanted",
        ago=10,
        kind=EventKind.WOULD_BLOCK,
        client="198.51.100.1",
        country="SG",
        asn=64500,
        route="checkout",
        request_id="abc",
        user_agent="curl/8.1",
        path="/$(reboot) [x]",
        reasons=(Reason("regularity", 0.4),),
    )
    assert found(reader, wanted) == ["wanted"]


def test_a_pattern_in_the_text_is_text(database: Database[dict[str, Any]], reader: EventReader) -> None:
    add(database, "one", ago=10, path="/checkout")
    assert found(reader, EventFilter(text=".*")) == []
    assert found(reader, EventFilter(text="((((")) == []
    assert found(reader, EventFilter(text="$path")) == []


def test_the_range_bounds_what_is_found_but_not_a_look_up_by_request_id(
    database: Database[dict[str, Any]], reader: EventReader
) -> None:
    add(database, "old", ago=7_200, request_id="abc")
    add(database, "new", ago=60)
    assert found(reader, EventFilter(), span=3_600) == ["new"]
    assert found(reader, EventFilter(request_id="abc"), span=3_600) == ["old"]


def test_a_search_without_patience_ends_early_and_goes_on_from_there(
    database: Database[dict[str, Any]],
) -> None:
    add(database, "far", ago=20 * DAY, country="SG")
    moments = iter(range(10_000))
    hasty = EventReader(database, patience=lambda: float(next(moments)))
    page = hasty.page(EventFilter(country="SG"), NOW - 30 * DAY, NOW, 10)
    assert page.rows == ()
    assert page.older is not None
    patient = EventReader(database)
    rest = patient.page(EventFilter(country="SG"), NOW - 30 * DAY, NOW, 10, page.older)
    assert [row.event_id for row in rest.rows] == ["far"]


def test_what_a_newer_version_wrote_is_left_out(
    database: Database[dict[str, Any]], reader: EventReader
) -> None:
    add(database, "known", ago=10)
    database.events.insert_one({"_id": "new", "ts": datetime.fromtimestamp(NOW, UTC), "kind": "teleported"})
    assert found(reader, EventFilter()) == ["known"]


def test_a_cursor_from_before_time_finds_nothing(reader: EventReader) -> None:
    page = reader.page(EventFilter(), NOW - DAY, NOW, 10, (datetime.min.replace(tzinfo=UTC), ""))
    assert page.rows == ()
    assert page.older is None


@pytest.mark.parametrize(
    "wanted",
    [
        EventFilter(),
        EventFilter(client="a", text="x"),
        EventFilter(kind="ban_started"),
        EventFilter(country="SG"),
    ],
)
def test_every_page_is_served_by_an_index(database: Database[dict[str, Any]], wanted: EventFilter) -> None:
    now = datetime.fromtimestamp(NOW, UTC)
    span = {"$gte": now - timedelta(hours=1), "$lte": now}
    stages = pipeline(wanted, span, (now, "x"), 10)
    plan = str(database.events.find(stages[0]["$match"]).explain())
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan
    assert len(list(database.events.aggregate(stages))) == 0


def test_the_look_up_by_request_id_is_served_by_an_index(database: Database[dict[str, Any]]) -> None:
    assert "IXSCAN" in str(database.events.find({"request_id": "abc"}).explain())
