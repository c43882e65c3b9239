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
from time import monotonic, time
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
LATEST_EVENTS = 50  # rows of the table
FIRST_WINDOW_SECONDS = 60.0  # under attack the newest fifty events are younger; quiet times are walked in
WINDOW_GROWTH = 4.0  # windows that grow
LONGEST_WINDOW_SECONDS = 6 * 3_600.0  # the embedded server looks at all of a window, whatever the limit
PATIENCE_SECONDS = 0.5  # then the table shows what was found
MOST_ACTIVE_BANS = 20_000  # bans counted; more than that is "20,000+"
LONGEST_BAN_SECONDS = 86_400  # a lift older than the longest ban lifts nothing that runs

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
        self._database = client.get_default_database("decider")
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
            for document in self._read(lambda: list(self._database.traffic.find(query).sort("ts", 1))):
                row = traffic_row(document)
                self._traffic[str(document["_id"])] = row
                self._read_from = max(self._read_from, row.second)
            self._traffic = {key: row for key, row in self._traffic.items() if row.second >= oldest}
            return sorted(
                (row for row in self._traffic.values() if row.second >= since), key=lambda row: row.second
            )

    def traffic_of(self, pieces: Sequence[Piece]) -> list[TrafficRow]:
        """The seconds, minutes and hours of a range, oldest first; a row's ``second`` is its start."""
        return [
            traffic_row(document)
            for piece in pieces
            for document in self._read(partial(self._find_traffic, piece))
        ]

    def latest_bans(self, since: float, until: float) -> list[EventRow]:
        """The newest ban events between two moments, newest first: fifty, or what patience finds."""
        found: list[Document] = []
        upper, window, began = until, FIRST_WINDOW_SECONDS, monotonic()
        while upper > since and len(found) < LATEST_EVENTS and monotonic() - began < PATIENCE_SECONDS:
            lower = max(since, upper - window)
            span: Document = {"$gte": _moment(lower), ("$lte" if upper == until else "$lt"): _moment(upper)}
            found += self._newest(span, LATEST_EVENTS - len(found))
            upper, window = lower, min(window * WINDOW_GROWTH, LONGEST_WINDOW_SECONDS)
        return [event_row(one) for one in found]

    def episodes(self, since: float, until: float) -> list[EventRow]:
        """Fail-open and degraded episodes that began between two moments, newest first."""
        found: list[Document] = []
        for kind in EPISODE_KINDS:
            began = {"kind": kind.value, "ts": {"$gte": _moment(since), "$lte": _moment(until)}}
            found += self._read(partial(self._find_newest, began))
        return sorted((event_row(one) for one in found), key=lambda row: -row.event.ts)

    def active_bans(self) -> int:
        """Clients whose latest ban has not ended and was not lifted since."""
        now = self._clock()
        fields = {"client": 1, "ts": 1}
        bans: list[Document] = []
        for kind in BAN_KINDS:  # one query each: the embedded server walks everything for an $in
            ending = {"kind": kind.value, "until": {"$gt": _moment(now)}}
            bans += self._read(partial(self._find_events, ending, fields))
        lifting = {"kind": EventKind.BAN_LIFTED.value, "ts": {"$gte": _moment(now - LONGEST_BAN_SECONDS)}}
        lifts: dict[str, datetime] = {}
        for lift in self._read(lambda: self._find_events(lifting, fields)):
            lifts[lift["client"]] = max(lift["ts"], lifts.get(lift["client"], lift["ts"]))
        return len({ban["client"] for ban in bans if ban["ts"] > lifts.get(ban["client"], _moment(0))})

    def recorders(self) -> list[RecorderRow]:
        """What every recorder told last."""
        fields = {"lag_events": 1, "redis_reachable": 1, "ts": 1, "workers.degraded": 1}
        return [
            recorder_row(one)
            for one in self._read(lambda: list(self._database.recorder_status.find({}, fields)))
        ]

    def _find_events(self, query: Document, fields: dict[str, int]) -> list[Document]:
        return list(self._database.events.find(query, fields).limit(MOST_ACTIVE_BANS))

    def _find_newest(self, query: Document) -> list[Document]:
        return list(self._database.events.find(query).sort([("ts", DESCENDING)]).limit(LATEST_EVENTS))

    def _find_traffic(self, piece: Piece) -> list[Document]:
        span = {"$gte": _moment(piece.start), "$lt": _moment(piece.end)}
        return list(self._database[piece.grain.collection].find({"ts": span}).sort("ts", 1))

    def _newest(self, span: Document, limit: int) -> list[Document]:
        # Two stages on purpose: the embedded server uses the index of ts only when nothing else is asked.
        pipeline: list[Document] = [
            {"$match": {"ts": span}},
            {"$match": {"kind": {"$in": [kind.value for kind in TABLE_KINDS]}}},
            {"$sort": {"ts": DESCENDING}},
            {"$limit": limit},
        ]
        return self._read(lambda: list(self._database.events.aggregate(pipeline)))

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
