"""Reads how recorders and workers are, and what operators did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from time import monotonic

from pymongo import DESCENDING
from pymongo.database import Database

from dash_app.event_reader import FIRST_WINDOW_SECONDS, PATIENCE_SECONDS, next_window, read
from dash_app.reader import Document
from dash_app.rows import EventRow, event_row
from decider.core.security_event import EventKind

LATEST_ACTIONS = 100
OPERATOR_KINDS = (
    *(EventKind.BAN_LIFTED, EventKind.ALLOW_LISTED, EventKind.DENY_LISTED),
    EventKind.DELISTED,
)
OWN_ACTORS = ["decider", "recorder", None]  # who starts bans without an operator


class SystemReader:
    """All methods raise DatabaseUnavailableError. Safe for many threads."""

    def __init__(self, database: Database[Document], patience: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._patience = patience

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


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
