"""Reads the bans of a range, newest first, that attacks, top lists and the table are made of.

The last hour is read once and kept, so that a tick reads only the newest seconds of it. Of a longer range
the newest bans are read whole, and all of it is counted by the server, in windows, newest first, until the
patience of a page is used up: the answer says since when it is complete.

Longer than 200 lines because the three looks share their windows and their queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from time import monotonic
from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from dash_app.ban_counts import COUNTED_KINDS, UNTOLD_FIELDS, BanCounts
from dash_app.event_filter import CARRIED_NAMES, EventFilter
from dash_app.event_reader import conditions, read
from dash_app.offender_walk import LEAST_WINDOW_SHARE, fitting_window
from dash_app.reader import BAN_KINDS, TABLE_KINDS, Document
from dash_app.rows import EventRow, event_row
from decider.core.security_event import EventKind

KEPT_SECONDS = 3_630  # the longest live range, from the start of its first bucket, and as much again
REREAD_SECONDS = 15.0  # events that may still arrive: a recorder that catches up writes them late
ANEW_SECONDS = 300.0  # then all of it is read again: a recorder that was away for long writes much later
MOST_BANS = 10_000  # of the last hour, the newest: some 15 MB
MOST_WHOLE = 1_000  # of a longer range: reading one takes as long as counting seven
FIRST_WINDOW_SECONDS = 60.0  # under attack the newest bans are younger; quiet times are walked in windows
PATIENCE_SECONDS = 0.25  # of counting, and of reading the last hour: the first data come within a second
WHOLE_PATIENCE_SECONDS = 0.15  # of reading the newest bans of a longer range
LONGEST_WINDOW_SECONDS = 86_400.0  # the embedded server sorts all of a window, whatever the limit
MOST_ACTIVE_BANS = 20_000  # bans counted; more than that is "20,000+"
LONGEST_BAN_SECONDS = 86_400  # a lift older than the longest ban lifts nothing that runs
BRIEFLY: dict[str, Any] = {"client": 1, "ts": 1}
FIELDS: dict[str, Any] = dict.fromkeys(("referer", "host", "note", "node", "method", "request_id"), 0)


@dataclass(frozen=True, slots=True)
class Bans:
    """Bans, would-be bans and their lifts, newest first; ``complete_since`` in epoch seconds."""

    rows: tuple[EventRow, ...]
    complete_since: float


class BanReader:
    """All methods raise DatabaseUnavailableError. Safe for many threads."""

    def __init__(
        self,
        database: Database[Document],
        clock: Callable[[], float],
        patience: Callable[[], float] = monotonic,
    ) -> None:
        self._events = database["events"]
        self._clock = clock
        self._patience = patience
        self._lock = Lock()
        self._kept: dict[str, EventRow] = {}
        self._newest_read = 0.0
        self._complete_since = 0.0
        self._read_anew_at = 0.0

    def lately(self) -> Bans:
        """Those of the last hour."""
        with self._lock:
            now = self._clock()
            oldest = now - KEPT_SECONDS
            if not 0 <= self._read_anew_at - now <= ANEW_SECONDS:
                found = self._walk(EventFilter(), oldest, now + REREAD_SECONDS, MOST_BANS, PATIENCE_SECONDS)
                self._kept = {row.event_id: row for row in found.rows}
                self._complete_since, self._read_anew_at = found.complete_since, now + ANEW_SECONDS
            else:
                since = max(oldest, self._newest_read - REREAD_SECONDS)
                span = {"$gte": _moment(since)}
                newer = [event_row(one) for one in self._find(EventFilter(), span, MOST_BANS)]
                if len(newer) == MOST_BANS:
                    self._complete_since = max(self._complete_since, newer[-1].event.ts)
                self._kept |= {row.event_id: row for row in newer}
            rows = sorted(self._kept.values(), key=lambda row: -row.event.ts)
            rows = [row for row in rows if row.event.ts >= oldest]
            if len(rows) > MOST_BANS:
                rows = rows[:MOST_BANS]
                self._complete_since = max(self._complete_since, rows[-1].event.ts)
            self._kept = {row.event_id: row for row in rows}
            self._newest_read = rows[0].event.ts if rows else 0.0
            return Bans(tuple(rows), max(self._complete_since, oldest))

    def between(self, wanted: EventFilter, since: float, until: float) -> Bans:
        """The newest of a filter from ``since`` to ``until`` (epoch seconds), and the lifts among them."""
        return self._walk(wanted, since, until, MOST_WHOLE, WHOLE_PATIENCE_SECONDS)

    def counts(self, wanted: EventFilter, since: float, until: float) -> BanCounts:
        """Bans and would-be bans of a filter by value: all fields of it, or what traffic does not tell."""
        counts = BanCounts({}, 0, {}, until)
        for lower, span in self._windows(since, until, PATIENCE_SECONDS):
            for group in self._read(counting(wanted, span)):
                counts.add(group["_id"], int(group["count"]))
            counts.complete_since = lower
        return counts

    def active(self, wanted: EventFilter) -> int:
        """Clients whose latest ban has not ended and was not lifted since: those of a filter."""
        now = self._clock()
        bans: list[Document] = []
        for kind in BAN_KINDS:  # one query each: the embedded server walks everything for an $in
            bans += self._read(active_pipeline(wanted, kind, _moment(now)))
        since = _moment(now - LONGEST_BAN_SECONDS)
        lifting = {"kind": EventKind.BAN_LIFTED.value, "ts": {"$gte": since}}
        lifts: dict[str, datetime] = {}
        for lift in self._read([{"$match": lifting}, {"$limit": MOST_ACTIVE_BANS}, {"$project": BRIEFLY}]):
            lifts[lift["client"]] = max(lift["ts"], lifts.get(lift["client"], lift["ts"]))
        return len({ban["client"] for ban in bans if ban["ts"] > lifts.get(ban["client"], _moment(0))})

    def _walk(
        self, wanted: EventFilter, since: float, until: float, most: int, patience_seconds: float
    ) -> Bans:
        found: list[Document] = []
        complete_since = until
        for lower, span in self._windows(since, until, patience_seconds):
            found += self._find(wanted, span, most - len(found))
            if len(found) >= most:
                return Bans(_rows(found), found[-1]["ts"].timestamp())
            complete_since = lower
        return Bans(_rows(found), complete_since)

    def _windows(
        self, since: float, until: float, patience_seconds: float
    ) -> Iterator[tuple[float, Document]]:
        """Newest first, longer while they are quick, until there is no patience left for the next."""
        upper, window, began = until, FIRST_WINDOW_SECONDS, self._patience()
        while upper > since and window > 0:
            lower = max(since, upper - window)
            asked = self._patience()
            yield lower, {"$gte": _moment(lower), ("$lte" if upper == until else "$lt"): _moment(upper)}
            now, upper = self._patience(), lower
            left = began + patience_seconds - now
            fitting = min(fitting_window(window, now - asked, left), LONGEST_WINDOW_SECONDS)
            window = fitting if fitting >= LEAST_WINDOW_SHARE * window else 0.0

    def _find(self, wanted: EventFilter, span: Document, limit: int) -> list[Document]:
        return self._read(bans_pipeline(wanted, span, limit))

    def _read(self, stages: list[Document]) -> list[Document]:
        return read(partial(self._aggregate, stages))

    def _aggregate(self, stages: list[Document]) -> list[Document]:
        return list(self._events.aggregate(stages))


def counting(wanted: EventFilter, span: Document) -> list[Document]:
    """As ``bans_pipeline``; how many there are of each combination of values."""
    fields = CARRIED_NAMES if wanted.fields_asked else UNTOLD_FIELDS
    values: Document = {field: f"${field}" for field in (*fields, "network")}
    if "signal" in values:
        values["signal"] = {"$map": {"input": "$reasons", "in": "$$this.signal"}}
    return [
        {"$match": {"ts": span}},
        {"$match": {"kind": {"$in": [kind.value for kind in COUNTED_KINDS]}}},
        *conditions(wanted),
        {"$group": {"_id": values, "count": {"$sum": 1}}},
    ]


def bans_pipeline(wanted: EventFilter, span: Document, limit: int) -> list[Document]:
    """Two matches on purpose: the embedded server uses the index of ts only when nothing else is asked.

    Lifts come whatever is asked: they say little of the ban that they end.
    """
    asked = [stage["$match"] for stage in conditions(wanted)]
    lifted = {"kind": EventKind.BAN_LIFTED.value}
    return [
        {"$match": {"ts": span}},
        {"$match": {"kind": {"$in": [kind.value for kind in TABLE_KINDS]}}},
        *({"$match": {"$or": [lifted, one]}} for one in asked),
        {"$sort": {"ts": DESCENDING}},
        {"$limit": limit},
        {"$project": FIELDS},
    ]


def active_pipeline(wanted: EventFilter, kind: EventKind, now: datetime) -> list[Document]:
    """Bans of a kind that have not ended."""
    ending = {"kind": kind.value, "until": {"$gt": now}}
    return [{"$match": ending}, *conditions(wanted), {"$limit": MOST_ACTIVE_BANS}, {"$project": BRIEFLY}]


def matching(rows: Sequence[EventRow], wanted: EventFilter) -> list[EventRow]:
    """The rows of a filter, and the lifts of the clients that are among them."""
    if wanted.is_empty:
        return list(rows)
    clients = {row.event.client for row in rows if not _is_lift(row) and wanted.matches(row.event)}
    return [
        row for row in rows if (row.event.client in clients if _is_lift(row) else wanted.matches(row.event))
    ]


def _is_lift(row: EventRow) -> bool:
    return row.event.kind is EventKind.BAN_LIFTED


def _rows(found: list[Document]) -> tuple[EventRow, ...]:
    return tuple(event_row(one) for one in found)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
