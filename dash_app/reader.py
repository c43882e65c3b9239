"""Every read of MongoDB, and the only importer of its driver here.

Each query bounds the time it looks at, is served by an index (``ts``, or ``kind`` and ``until``) and gives up
after ``QUERY_TIMEOUT_MS``. One process serves many browsers: what a second of traffic was is read once and
kept for the longest live range, so a tick reads only the newest seconds. Longer ranges read rollups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from time import time
from typing import Any

from pymongo import DESCENDING, MongoClient
from pymongo.errors import ConfigurationError, PyMongoError

from dash_app.rows import EventRow, RecorderRow, TrafficRow, event_row, recorder_row, traffic_row
from dash_app.traffic_grain import Piece
from decider.core.security_event import EventKind

QUERY_TIMEOUT_MS = 1_500  # shorter than the patience of whoever looks at a page
KEPT_SECONDS = 3_615  # the longest live range, from the start of its first bucket
ANEW_SECONDS = 300  # then all of it is read again: a node that was away for long writes much later
REREAD_SECONDS = 15  # seconds that may still arrive: a recorder that catches up writes them late
LATEST_EPISODES = 50  # of a kind

BAN_KINDS = (EventKind.BAN_STARTED, EventKind.BAN_EXTENDED)
TABLE_KINDS = (*BAN_KINDS, EventKind.BAN_LIFTED, EventKind.WOULD_BLOCK)
EPISODE_KINDS = (EventKind.FAIL_OPEN_STARTED, EventKind.DEGRADED_STARTED)

Document = dict[str, Any]


class DatabaseUnavailableError(Exception):
    """MongoDB did not answer; the text says what it said."""


class DashboardReader:
    """All methods raise DatabaseUnavailableError. Safe for many threads."""

    def __init__(self, uri: str, clock: Callable[[], float] = time) -> None:
        client: MongoClient[Document] = MongoClient(
            uri,
            timeoutMS=QUERY_TIMEOUT_MS,
            serverSelectionTimeoutMS=QUERY_TIMEOUT_MS,
            tz_aware=True,
            connect=False,
        )
        self._client = client
        self.database = client.get_default_database("decider")
        self._clock = clock
        self._lock = Lock()
        self._traffic: dict[str, TrafficRow] = {}
        self._read_from = 0
        self._read_anew_at = 0.0

    def close(self) -> None:
        """Give the connections back; reading again raises."""
        self._client.close()

    def traffic(self, since: int) -> list[TrafficRow]:
        """Seconds from ``since`` (epoch seconds, at most an hour ago) until now, oldest first."""
        with self._lock:
            oldest = int(self._clock()) - KEPT_SECONDS
            if not 0 <= self._read_anew_at - self._clock() <= ANEW_SECONDS:
                self._read_from, self._read_anew_at = 0, self._clock() + ANEW_SECONDS
            start = max(self._read_from - REREAD_SECONDS, oldest)
            query = {"ts": {"$gte": _moment(start)}}
            for document in self._read(lambda: list(self.database.traffic.find(query).sort("ts", 1))):
                row = traffic_row(document)
                self._traffic[str(document["_id"])] = row
                self._read_from = max(self._read_from, row.second)
            self._traffic = {key: row for key, row in self._traffic.items() if row.second >= oldest}
            return sorted(
                (row for row in self._traffic.values() if row.second >= since), key=lambda row: row.second
            )

    def traffic_of(self, pieces: Sequence[Piece], leave_out: Sequence[str] = ()) -> list[TrafficRow]:
        """The seconds, minutes and hours of a range, oldest first; a row's ``second`` is its start.

        ``leave_out`` names fields of the documents that nobody will look at.
        """
        fields = dict.fromkeys(leave_out, 0)
        return [
            traffic_row(document)
            for piece in pieces
            for document in self._read(partial(self._find_traffic, piece, fields))
        ]

    def episodes(self, since: float, until: float) -> list[EventRow]:
        """Fail-open and degraded episodes that began between two moments, newest first."""
        found: list[Document] = []
        for kind in EPISODE_KINDS:
            began = {"kind": kind.value, "ts": {"$gte": _moment(since), "$lte": _moment(until)}}
            found += self._read(partial(self._find_newest, began))
        return sorted((event_row(one) for one in found), key=lambda row: -row.event.ts)

    def recorders(self) -> list[RecorderRow]:
        """What every recorder told last."""
        fields = {"lag_events": 1, "redis_reachable": 1, "ts": 1, "workers.degraded": 1}
        return [
            recorder_row(one)
            for one in self._read(lambda: list(self.database.recorder_status.find({}, fields)))
        ]

    def _find_newest(self, query: Document) -> list[Document]:
        return list(self.database.events.find(query).sort([("ts", DESCENDING)]).limit(LATEST_EPISODES))

    def _find_traffic(self, piece: Piece, fields: dict[str, int]) -> list[Document]:
        span = {"$gte": _moment(piece.start), "$lt": _moment(piece.end)}
        return list(self.database[piece.grain.collection].find({"ts": span}, fields or None).sort("ts", 1))

    @staticmethod
    def _read(query: Callable[[], list[Document]]) -> list[Document]:
        try:
            return query()
        except PyMongoError as error:
            raise DatabaseUnavailableError(str(error).partition(",")[0]) from error


def open_reader(uri: str) -> DashboardReader:
    """A reader of this database. Raises ValueError for a URI that names none."""
    try:
        return DashboardReader(uri)
    except ConfigurationError as error:
        raise ValueError(f"MONGODB_URI: {error}") from error


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
