"""Who was banned or would have been: events of a range grouped by client, newest windows first.

A long range of a busy site is grouped until the patience of a page is used up; the answer then says since
when it is complete. Groups are kept for a moment, so that turning and sorting pages reads nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from time import monotonic
from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from dash_app.event_filter import EventFilter
from dash_app.event_reader import FIRST_WINDOW_SECONDS, conditions, next_window, read
from dash_app.reader import BAN_KINDS, TABLE_KINDS, Document
from dash_app.rows import EventRow, event_row
from decider.core.security_event import EventKind

KEPT_SECONDS = 2.0  # groups younger than this answer again: as fast as an action takes effect
PATIENCE_SECONDS = 0.5  # of grouping; the states and newest events of a page come on top, within a second
LEAST_WINDOW_SHARE = 0.1  # of the window before: with less patience left than that takes, it is enough
MOST_KEPT = 8  # groups of ranges and filters that several people look at
LATEST_OF_CLIENT = 20  # events looked at for the last ban: what an operator did since lies before it
SORTABLE = ("client", "country", "asn", "score", "events", "bans", "first", "last")


@dataclass(frozen=True, slots=True)
class Offender:
    """One client in a range; ``first`` and ``last`` in epoch seconds, ``latest`` its newest ban event."""

    client: str
    country: str
    asn: int
    score: float
    events: int
    bans: int
    first: float
    last: float
    latest: EventRow | None = None


@dataclass(frozen=True, slots=True)
class Offenders:
    """All clients of a range; ``complete_since`` in epoch seconds."""

    clients: tuple[Offender, ...]
    complete_since: float


class OffenderReader:
    """All methods raise DatabaseUnavailableError. Safe for many threads."""

    def __init__(self, database: Database[Document], patience: Callable[[], float] = monotonic) -> None:
        self._events = database["events"]
        self._patience = patience
        self._lock = Lock()
        self._kept: dict[tuple[str, EventFilter], tuple[float, Offenders]] = {}

    def offenders(self, key: str, wanted: EventFilter, start: float, end: float) -> Offenders:
        """Everybody from ``start`` to ``end`` (epoch seconds); ``key`` names the range."""
        with self._lock:
            kept = self._kept.get((key, wanted))
        if kept is not None and self._patience() - kept[0] < KEPT_SECONDS:
            return kept[1]
        found = self._group(wanted, start, end)
        with self._lock:
            self._kept[key, wanted] = (self._patience(), found)
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return found

    def with_latest(self, clients: tuple[Offender, ...]) -> list[Offender]:
        """The same clients (a page of them) with their newest ban event, whatever the range."""
        return [replace(one, latest=self._latest(one.client)) for one in clients]

    def _latest(self, client: str) -> EventRow | None:
        newest = [("ts", DESCENDING)]
        found = read(lambda: list(self._events.find({"client": client}).sort(newest).limit(LATEST_OF_CLIENT)))
        kinds = tuple(TABLE_KINDS)
        return next((event_row(one) for one in found if one.get("kind") in kinds), None)

    def _group(self, wanted: EventFilter, start: float, end: float) -> Offenders:
        groups: dict[str, Offender] = {}
        began, upper, window, last = self._patience(), end, FIRST_WINDOW_SECONDS, True
        while upper > start:
            lower = max(start, upper - window)
            asked = self._patience()
            span = {"$gte": _moment(lower), ("$lte" if last else "$lt"): _moment(upper)}
            stages = grouping(wanted, span)
            for group in read(partial(self._aggregate, stages)):
                _add(groups, group)
            upper, last = lower, False
            now = self._patience()
            fitting = fitting_window(window, now - asked, began + PATIENCE_SECONDS - now)
            if fitting < LEAST_WINDOW_SHARE * window:
                break
            window = fitting
        return Offenders(tuple(groups.values()), upper)

    def _aggregate(self, stages: list[Document]) -> list[Document]:
        return list(self._events.aggregate(stages))


def fitting_window(window: float, took_seconds: float, left_seconds: float) -> float:
    """How long the next window is (seconds), so that it is read within what is left of the patience.

    It is taken to be as busy as the one before.
    """
    grown = next_window(window, took_seconds)
    if took_seconds <= 0:
        return grown if left_seconds > 0 else 0.0
    return max(0.0, min(grown, window * left_seconds / took_seconds))


def sorted_page(
    found: Offenders, sort_by: str, descending: bool, skip: int, limit: int
) -> tuple[Offender, ...]:
    """Some of the clients; an unknown order is the newest first, equal ones by name."""
    if sort_by not in SORTABLE:
        sort_by, descending = "last", True
    by_name = sorted(found.clients, key=lambda one: one.client)
    by_name.sort(key=lambda one: getattr(one, sort_by), reverse=descending)
    return tuple(by_name[skip : skip + limit])


def grouping(wanted: EventFilter, span: Document) -> list[Document]:
    """Two matches on purpose: the embedded server uses an index only when it holds all that is asked."""
    is_ban: Document = {"$in": ["$kind", [kind.value for kind in BAN_KINDS]]}
    kinds = [*(kind.value for kind in BAN_KINDS), EventKind.WOULD_BLOCK.value]
    first: Document = {"kind": wanted.kind, "ts": span} if wanted.kind else {"ts": span}
    return [
        {"$match": first},
        {"$match": {"kind": {"$in": kinds}}},
        *conditions(wanted, ("kind",)),
        {
            "$group": {
                "_id": "$client",
                "events": {"$sum": 1},
                "bans": {"$sum": {"$cond": [is_ban, 1, 0]}},
                "score": {"$max": "$score"},
                "country": {"$max": "$country"},
                "asn": {"$max": "$asn"},
                "first": {"$min": "$ts"},
                "last": {"$max": "$ts"},
            }
        },
    ]


def _add(groups: dict[str, Offender], group: dict[str, Any]) -> None:
    client = str(group["_id"] or "")
    if not client:
        return
    new = Offender(
        client,
        str(group["country"] or ""),
        int(group["asn"] or 0),
        float(group["score"] or 0.0),
        int(group["events"]),
        int(group["bans"]),
        group["first"].timestamp(),
        group["last"].timestamp(),
    )
    old = groups.get(client)
    groups[client] = new if old is None else _merged(old, new)


def _merged(old: Offender, new: Offender) -> Offender:
    return replace(
        old,
        country=old.country or new.country,
        asn=old.asn or new.asn,
        score=max(old.score, new.score),
        events=old.events + new.events,
        bans=old.bans + new.bans,
        first=min(old.first, new.first),
        last=max(old.last, new.last),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
