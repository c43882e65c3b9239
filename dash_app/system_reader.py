"""Reads what was counted by route, how recorders and workers are, and what operators did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import ceil
from threading import Lock
from time import monotonic
from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from dash_app.event_reader import FIRST_WINDOW_SECONDS, PATIENCE_SECONDS, next_window, read
from dash_app.reader import Document
from dash_app.rows import EventRow, RouteTraffic, TrafficRow, event_row
from decider.core.security_event import EventKind

LATEST_ACTIONS = 100
OPERATOR_KINDS = (
    *(EventKind.BAN_LIFTED, EventKind.ALLOW_LISTED, EventKind.DENY_LISTED),
    EventKind.DELISTED,
)
OWN_ACTORS = ["decider", "recorder", None]  # who starts bans without an operator
COUNTS = ("allowed", "blocked", "cached_denies", "would_block", "fail_open")
HOUR_SECONDS = 3_600
SETTLED_SECONDS = 300  # a recorder that catches up writes seconds late
MOST_HOURS = 31 * 24  # the longest range; about a kilobyte each
ROUTE_COUNTS = ("allowed", "blocked", "upstream_seconds", "bytes")


#: The sums of a time: over all seconds, and by route.
Sums = tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Counted:
    """All seconds of a range added up into one row; ``complete_since`` in epoch seconds."""

    row: TrafficRow
    complete_since: float


class SystemReader:
    """All methods raise DatabaseUnavailableError. Safe for many threads."""

    def __init__(self, database: Database[Document], patience: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._patience = patience
        self._lock = Lock()
        self._hours: dict[int, Sums] = {}

    def counted(self, start: float, end: float) -> Counted:
        """Traffic from ``start`` to ``end`` (epoch seconds), as far back as one page's patience reaches.

        Hours that no recorder writes any more are added up once and kept: the next look reaches further.
        """
        began, upper = self._patience(), end
        found: list[Sums] = []
        while upper > start:
            hour = ceil(upper / HOUR_SECONDS - 1) * HOUR_SECONDS
            lower = max(start, float(hour))
            is_settled = lower == hour and upper == hour + HOUR_SECONDS and upper <= end - SETTLED_SECONDS
            found.append(self._kept_hour(hour) if is_settled else self._sums(lower, upper))
            upper = lower
            if self._patience() - began > PATIENCE_SECONDS:
                break
        return Counted(_row(found, end), upper)

    def _kept_hour(self, hour: int) -> Sums:
        kept = self._hours.get(hour)
        if kept is None:
            kept = self._sums(hour, hour + HOUR_SECONDS)
            with self._lock:
                self._hours[hour] = kept
                while len(self._hours) > MOST_HOURS:
                    del self._hours[min(self._hours)]
        return kept

    def _sums(self, lower: float, upper: float) -> Sums:
        span = {"$gte": _moment(lower), "$lt": _moment(upper)}
        overall = read(partial(self._aggregate, "traffic", adding_up(span)))
        by_route = read(partial(self._aggregate, "traffic", adding_up_routes(span)))
        return overall[0] if overall else {}, {str(one["_id"]): one for one in by_route}

    def recorders(self) -> list[Document]:
        """Every recorder's own report, as ``decider.recorder.status_reporter`` writes it."""
        return read(lambda: list(self._database.recorder_status.find({})))

    def operator_actions(self, start: float, end: float) -> list[EventRow]:
        """The newest things that people did, newest first."""
        span = {"$gte": _moment(start), "$lte": _moment(end)}
        found: list[Document] = []
        for kind in OPERATOR_KINDS:
            found += read(partial(self._newest, {"kind": kind.value, "ts": span}))
        found += self._operator_bans(start, end)
        found.sort(key=lambda one: one["ts"], reverse=True)
        return [event_row(one) for one in found[:LATEST_ACTIONS]]

    def _newest(self, match: Document) -> list[Document]:
        return list(self._database.events.find(match).sort([("ts", DESCENDING)]).limit(LATEST_ACTIONS))

    def _operator_bans(self, start: float, end: float) -> list[Document]:
        """Few among the many bans of the decider, so windows again."""
        found: list[Document] = []
        began, upper, window = self._patience(), end, FIRST_WINDOW_SECONDS
        while upper > start and len(found) < LATEST_ACTIONS:
            lower = max(start, upper - window)
            asked = self._patience()
            first = {
                "kind": EventKind.BAN_STARTED.value,
                "ts": {"$gt": _moment(lower), "$lte": _moment(upper)},
            }
            stages: list[Document] = [{"$match": first}, {"$match": {"actor": {"$nin": OWN_ACTORS}}}]
            stages += [{"$sort": {"ts": DESCENDING}}, {"$limit": LATEST_ACTIONS}]
            found += read(partial(self._aggregate, "events", stages))
            upper = lower
            window = next_window(window, self._patience() - asked)
            if self._patience() - began > PATIENCE_SECONDS:
                break
        return found

    def _aggregate(self, collection: str, stages: list[Document]) -> list[Document]:
        return list(self._database[collection].aggregate(stages))


def adding_up(span: Document) -> list[Document]:
    """One document with the sums of all seconds."""
    sums = {name: {"$sum": f"${name}"} for name in COUNTS}
    return [{"$match": {"ts": span}}, {"$group": {"_id": None, **sums}}]


def adding_up_routes(span: Document) -> list[Document]:
    """One document a route."""
    sums = {name: {"$sum": f"$by_route.{name}"} for name in ROUTE_COUNTS}
    return [
        {"$match": {"ts": span}},
        {"$unwind": "$by_route"},
        {"$group": {"_id": "$by_route.route", **sums}},
    ]


def _row(found: Sequence[Sums], end: float) -> TrafficRow:
    totals: Counter[str] = Counter()
    routes: dict[str, Counter[str]] = {}
    for overall, by_route in found:
        totals.update({name: overall.get(name) or 0 for name in COUNTS})
        for route, sums in by_route.items():
            routes.setdefault(route, Counter()).update({name: sums.get(name) or 0 for name in ROUTE_COUNTS})
    return TrafficRow(
        second=int(end),
        **{name: int(totals[name]) for name in COUNTS},
        blocked_by_country={},
        routes=tuple(
            RouteTraffic(
                route,
                int(sums["allowed"]),
                int(sums["blocked"]),
                float(sums["upstream_seconds"]),
                int(sums["bytes"]),
            )
            for route, sums in sorted(routes.items())
        ),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
