"""Who was banned or would have been: events of a range grouped by client.

Up to an hour is grouped at every look; a longer range is walked back over several looks (offender_walk.py),
and the answer says since when it is complete. Groups are kept for a moment, so that turning and sorting
pages reads nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from heapq import nlargest, nsmallest
from operator import attrgetter
from threading import Lock
from time import monotonic
from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from dash_app.event_filter import EventFilter
from dash_app.event_reader import conditions, read
from dash_app.offender_walk import GroupBetween, Offender, Walk, add_all, new_walk
from dash_app.reader import BAN_KINDS, TABLE_KINDS, DatabaseUnavailableError, Document
from dash_app.rows import EventRow, event_row
from decider.core.security_event import EventKind

KEPT_SECONDS = 2.0  # groups younger than this answer again: as fast as an action takes effect
PATIENCE_SECONDS = 0.5  # of grouping; the states and newest events of a page come on top, within a second
WALKED_SECONDS = 3_600.0  # ranges beyond it are walked; the others end with the second they are asked in
MOST_KEPT = 8  # ranges and filters that several people look at
MOST_CLIENTS_KEPT = 400_000  # of all of these together: 300 bytes each
MOST_LOOKS = 200  # of half a second and more for an export: two to three minutes
LATEST_OF_CLIENT = 20  # events looked at for the last ban: what an operator did since lies before it
SORTABLE = ("client", "country", "asn", "score", "events", "bans", "first", "last")


@dataclass(frozen=True, slots=True)
class Offenders:
    """All clients of a range; ``complete_since`` in epoch seconds."""

    clients: tuple[Offender, ...]
    complete_since: float


@dataclass(slots=True)
class _Kept:
    """What is known of one range and filter; ``walking`` is the next walk while ``shown`` still answers."""

    lock: Lock = field(default_factory=Lock)
    found: Offenders | None = None
    found_at: float = 0.0
    shown: Walk | None = None
    walking: Walk | None = None

    @property
    def clients(self) -> int:
        return sum(len(walk.groups) for walk in (self.shown, self.walking) if walk is not None)


class OffenderReader:
    """All methods raise DatabaseUnavailableError. Safe for many threads."""

    def __init__(self, database: Database[Document], patience: Callable[[], float] = monotonic) -> None:
        self._events = database["events"]
        self._patience = patience
        self._lock = Lock()
        self._kept: dict[tuple[str, EventFilter], _Kept] = {}

    def offenders(
        self,
        key: str,
        wanted: EventFilter,
        start: float,
        end: float,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> Offenders:
        """Everybody from ``start`` to ``end`` (epoch seconds); ``key`` names the range.

        Asked again, it has looked further back, until ``complete_since`` is ``start``.
        """
        kept = self._keep(key, wanted)
        with kept.lock:  # who asks meanwhile gets the same answer
            if kept.found is None or self._patience() - kept.found_at >= KEPT_SECONDS:
                return self._look(kept, wanted, start, end, patience_seconds)
            return kept.found

    def all_offenders(self, key: str, wanted: EventFilter, start: float, end: float) -> Offenders:
        """The same, complete: look after look, however long that takes, up to ``MOST_LOOKS``."""
        kept = self._keep(key, wanted)
        for _ in range(MOST_LOOKS):
            with kept.lock:
                found = self._look(kept, wanted, start, end, PATIENCE_SECONDS)
            if found.complete_since <= start:
                return found
        raise DatabaseUnavailableError("the range is too long to be looked through")

    def _look(
        self, kept: _Kept, wanted: EventFilter, start: float, end: float, patience_seconds: float
    ) -> Offenders:
        group = partial(self._group, wanted)
        if end - start > WALKED_SECONDS:
            found = self._walked(kept, group, start, end, patience_seconds)
        else:
            found = self._grouped(group, start, end, patience_seconds)
        kept.found, kept.found_at = found, self._patience()
        return found

    def with_latest(self, clients: tuple[Offender, ...]) -> list[Offender]:
        """The same clients (a page of them) with their newest ban event, whatever the range."""
        return [replace(one, latest=self._latest(one.client)) for one in clients]

    def _latest(self, client: str) -> EventRow | None:
        newest = [("ts", DESCENDING)]
        found = read(lambda: list(self._events.find({"client": client}).sort(newest).limit(LATEST_OF_CLIENT)))
        kinds = tuple(TABLE_KINDS)
        return next((event_row(one) for one in found if one.get("kind") in kinds), None)

    def _keep(self, key: str, wanted: EventFilter) -> _Kept:
        with self._lock:
            kept = self._kept.pop((key, wanted), None) or _Kept()
            self._kept[key, wanted] = kept  # the last one asked for goes last
            while len(self._kept) > 1 and (
                len(self._kept) > MOST_KEPT
                or sum(one.clients for one in self._kept.values()) > MOST_CLIENTS_KEPT
            ):
                del self._kept[next(iter(self._kept))]
            return kept

    def _walked(
        self, kept: _Kept, group: GroupBetween, start: float, end: float, patience_seconds: float
    ) -> Offenders:
        if kept.walking is None and (kept.shown is None or not kept.shown.still_fits(start, end)):
            kept.walking = new_walk(start, end)
        if kept.walking is not None:
            kept.walking.advance(group, self._patience, patience_seconds)
            if kept.walking.is_complete or kept.shown is None or not kept.shown.is_complete:
                kept.shown = kept.walking
            if kept.walking.is_complete:
                kept.walking = None
        walk = kept.shown
        assert walk is not None  # noqa: S101  set above at the first look
        walk.settle(group, end)
        groups = dict(walk.groups)
        add_all(groups, group(walk.settled, end, True))
        inside = tuple(one for one in groups.values() if one.last >= start)
        return Offenders(inside, max(start, walk.reached))

    def _grouped(self, group: GroupBetween, start: float, end: float, patience_seconds: float) -> Offenders:
        walk = new_walk(start, end)
        add_all(walk.groups, group(walk.settled, end, True))
        walk.advance(group, self._patience, patience_seconds)
        return Offenders(tuple(walk.groups.values()), walk.reached)

    def _group(self, wanted: EventFilter, start: float, end: float, is_closed: bool) -> list[dict[str, Any]]:
        span = {"$gte": _moment(start), ("$lte" if is_closed else "$lt"): _moment(end)}
        return read(lambda: list(self._events.aggregate(grouping(wanted, span))))


def sorted_page(
    found: Offenders, sort_by: str, descending: bool, skip: int, limit: int
) -> tuple[Offender, ...]:
    """Some of the clients; an unknown order is the newest first, equal ones by name."""
    if sort_by not in SORTABLE:
        sort_by, descending = "last", True
    value, wanted = attrgetter(sort_by), skip + limit
    chosen = found.clients
    if wanted < len(chosen) / 10:  # of a hundred thousand clients, sorting all takes longer than reading them
        if descending:
            least = nlargest(wanted, map(value, chosen))[-1]
            chosen = tuple(one for one in chosen if value(one) >= least)
        else:
            most = nsmallest(wanted, map(value, chosen))[-1]
            chosen = tuple(one for one in chosen if value(one) <= most)
    by_name = sorted(chosen, key=attrgetter("client"))
    by_name.sort(key=value, reverse=descending)
    return tuple(by_name[skip:wanted])


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


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
