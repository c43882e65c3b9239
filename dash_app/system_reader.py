"""Reads what was counted by route, how recorders and workers are, and what operators did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from dash_app.event_reader import FIRST_WINDOW_SECONDS, PATIENCE_SECONDS, next_window, read
from dash_app.reader import Document
from dash_app.rows import EventRow, RouteTraffic, TrafficRow, event_row
from dash_app.traffic_grain import Piece, pieces
from decider.core.security_event import EventKind

LATEST_ACTIONS = 100
OPERATOR_KINDS = (
    *(EventKind.BAN_LIFTED, EventKind.ALLOW_LISTED, EventKind.DENY_LISTED),
    EventKind.DELISTED,
)
OWN_ACTORS = ["decider", "recorder", None]  # who starts bans without an operator
COUNTS = ("allowed", "blocked", "cached_denies", "would_block", "fail_open")
ROUTE_COUNTS = ("allowed", "blocked", "upstream_seconds", "bytes")


#: The sums of a time: over all documents, and by route.
Sums = tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]


class SystemReader:
    """All methods raise DatabaseUnavailableError. Safe for many threads."""

    def __init__(self, database: Database[Document], patience: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._patience = patience

    def counted(self, start: float, end: float, now: float) -> TrafficRow:
        """Traffic from ``start`` to ``end`` (epoch seconds) in one row, in whole minutes or hours if long."""
        return _row([self._sums(piece) for piece in pieces(start, end, now)], end)

    def _sums(self, piece: Piece) -> Sums:
        span, collection = {"$gte": _moment(piece.start), "$lt": _moment(piece.end)}, piece.grain.collection
        overall = read(partial(self._aggregate, collection, adding_up(span)))
        by_route = read(partial(self._aggregate, collection, adding_up_routes(span)))
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
    """One document with the sums of all."""
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
