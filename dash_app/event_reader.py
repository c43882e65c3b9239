"""Reads events page by page, newest first, with the page's last (ts, _id) as the cursor of the next.

A filter that few events match would make the database walk all of a long range, so a range is walked in
windows, newest first, that grow while they are quick. When the patience of one page is used up the page ends
early and says how far back it looked; its cursor goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import monotonic

from pymongo import DESCENDING
from pymongo.database import Database
from pymongo.errors import PyMongoError

from dash_app.event_filter import CARRIED_NAMES, EventFilter
from dash_app.reader import DatabaseUnavailableError, Document
from dash_app.rows import EventRow, event_row
from decider.core.security_event import EventKind

FIRST_WINDOW_SECONDS = 900.0
WINDOW_GROWTH = 4.0
QUICK_SECONDS = (
    0.1  # a window that took longer is not made larger, one that took thrice as long is made smaller
)
PATIENCE_SECONDS = 0.8  # then the page ends early: a page is to be there within a second
MOST_OF_PAGE = 1_000
SEARCHED_FIELDS = (
    *("address", "client", "path", "user_agent", "referer", "network", "host"),
    *("note", "actor", "sentence"),
)
COMPARED = {"signal": "reasons.signal"}  # where an event keeps it under another name
SEPARATOR = "\n"  # in no stored text, so nothing is found across two fields
SEARCHED_TEXT: Document = {
    "$toLower": {
        "$concat": [part for name in SEARCHED_FIELDS for part in ({"$ifNull": [f"${name}", ""]}, SEPARATOR)]
    }
}

#: A position between events, newest first; an empty id is before all events of that moment.
Cursor = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class EventPage:
    """``older`` is where the next page begins, None at the end; ``looked_back_to`` in epoch seconds."""

    rows: tuple[EventRow, ...]
    older: Cursor | None
    looked_back_to: float


class EventReader:
    """All methods raise DatabaseUnavailableError. Safe for many threads."""

    def __init__(self, database: Database[Document], patience: Callable[[], float] = monotonic) -> None:
        self._events = database["events"]
        self._patience = patience

    def page(
        self, wanted: EventFilter, start: float, end: float, limit: int, cursor: Cursor | None = None
    ) -> EventPage:
        """The newest events from ``start`` to ``end`` (epoch seconds), older than the cursor."""
        if wanted.request_id:
            return self._by_request_id(wanted, limit)
        oldest, upper = _moment(start), _moment(end)
        if cursor is not None and cursor[0] <= oldest:
            return _page([], None, oldest)
        if cursor is None or cursor[0] > upper:
            cursor = None
        else:
            upper = cursor[0]
        window = FIRST_WINDOW_SECONDS
        began, found, include = self._patience(), list[Document](), cursor is None or bool(cursor[1])
        while True:
            lower = max(oldest, datetime.fromtimestamp(upper.timestamp() - window, UTC))
            asked = self._patience()
            span: Document = {"$gte": lower, ("$lte" if include else "$lt"): upper}
            missing = limit - len(found)
            found += read(partial(self._window, wanted, span, cursor, missing))
            if len(found) >= limit:
                last = found[-1]
                return _page(found, (last["ts"], str(last["_id"])), last["ts"])
            if lower <= oldest:
                return _page(found, None, oldest)
            upper, include, cursor = lower, False, None
            took = self._patience() - asked
            window = next_window(window, took, is_rare=bool(wanted.client))
            if self._patience() - began > PATIENCE_SECONDS:
                return _page(found, (upper, ""), upper)

    def event(self, event_id: str) -> EventRow | None:
        """One event by its id."""
        found = read(lambda: list(self._events.find({"_id": event_id}).limit(1)))
        return next(iter(_rows(found)), None)

    def _by_request_id(self, wanted: EventFilter, limit: int) -> EventPage:
        """Whatever the range: who complains knows the id, not the moment."""
        match = {"request_id": wanted.request_id}
        rest = conditions(wanted, indexed=("request_id",))
        pipeline: list[Document] = [
            {"$match": match},
            *rest,
            {"$sort": {"ts": DESCENDING}},
            {"$limit": limit},
        ]
        found = read(lambda: list(self._events.aggregate(pipeline)))
        return _page(found, None, datetime.fromtimestamp(0, UTC))

    def _window(
        self, wanted: EventFilter, span: Document, cursor: Cursor | None, limit: int
    ) -> list[Document]:
        return list(self._events.aggregate(pipeline(wanted, span, cursor, limit)))


def pipeline(wanted: EventFilter, span: Document, cursor: Cursor | None, limit: int) -> list[Document]:
    """Two stages on purpose: the embedded server uses an index only when it holds all that is asked."""
    first: Document = {"ts": span}
    indexed: tuple[str, ...] = ()
    for name in ("client", "kind"):  # each has an index with ts
        if value := getattr(wanted, name):
            first, indexed = {name: value, "ts": span}, (name,)
            break
    stages: list[Document] = [{"$match": first}, *conditions(wanted, indexed)]
    if cursor is not None and cursor[1]:
        older = {"$or": [{"ts": {"$lt": cursor[0]}}, {"ts": cursor[0], "_id": {"$lt": cursor[1]}}]}
        stages.append({"$match": older})
    return [*stages, {"$sort": {"ts": DESCENDING, "_id": DESCENDING}}, {"$limit": limit}]


def read(query: Callable[[], list[Document]]) -> list[Document]:
    """Run a query. Raises DatabaseUnavailableError."""
    try:
        return query()
    except PyMongoError as error:
        raise DatabaseUnavailableError(str(error).partition(",")[0]) from error


def conditions(wanted: EventFilter, indexed: tuple[str, ...] = ()) -> list[Document]:
    """The stage for what the index of the first stage does not hold; none where nothing is asked."""
    match: Document = {
        COMPARED.get(name, name): value
        for name in ("client", "kind", *CARRIED_NAMES)
        if name not in indexed and (value := getattr(wanted, name))
    }
    for name in CARRIED_NAMES:
        if values := [int(one) if name == "asn" else one for one in wanted.excluded_of(name)]:
            field = COMPARED.get(name, name)
            match[field] = {"$nin": values} | ({"$eq": match[field]} if field in match else {})
    if wanted.text:
        # one look at all fields: a pattern for each takes the embedded server a hundred times as long
        found_at = {"$indexOfCP": [SEARCHED_TEXT, {"$toLower": {"$literal": wanted.text}}]}
        match["$expr"] = {"$gte": [found_at, 0]}
    return [{"$match": match}] if match else []


def next_window(window: float, took_seconds: float, is_rare: bool = False) -> float:
    """How long the next, older window is, in seconds."""
    if is_rare and took_seconds < QUICK_SECONDS:
        return window * WINDOW_GROWTH**3  # one client's events are few
    if took_seconds < QUICK_SECONDS:
        return window * WINDOW_GROWTH
    return window if took_seconds < 3 * QUICK_SECONDS else window / WINDOW_GROWTH


def _page(found: list[Document], older: Cursor | None, looked_back_to: datetime) -> EventPage:
    return EventPage(_rows(found), older, looked_back_to.timestamp())


def _rows(found: list[Document]) -> tuple[EventRow, ...]:
    known = tuple(EventKind)  # a newer version may write others: left out
    return tuple(event_row(one) for one in found if one.get("kind") in known)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
