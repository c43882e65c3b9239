"""Security events in MongoDB: written once, and read back for the bans that still run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from bson.raw_bson import RawBSONDocument

from decider.core.running_bans import BANS, LIFTS
from decider.core.security_event import SecurityEvent, event_from_mapping
from decider.stores.mongo_connection import Database, Document, mongo_errors
from decider.stores.mongo_indexes import EVENTS
from decider.stores.mongo_insert import Inserted, encoded, insert_once

#: All that a running ban is made of; a hundred thousand bans are read in one go.
BAN_FIELDS = ("kind", "ts", "client", "until", "ban_seconds", "ban_count")
READ_BATCH = 5_000
MOST_BANS = (
    200_000  # about 200 MB while they are sorted out; a botnet beyond that is banned again by what it does
)

__all__ = ["MOST_BANS", "MongoEvents", "encoded"]


class MongoEvents:
    """All methods raise StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._events = database[EVENTS]

    async def insert(self, documents: Sequence[RawBSONDocument]) -> Inserted:
        """Store what is not there yet; ``_id`` is the stream id."""
        return await insert_once(self._events, documents)

    async def about_running_bans(self, now_seconds: float) -> list[tuple[str, SecurityEvent]]:
        """Every event that ``running_bans`` needs: bans that end later, and what lifted bans since."""
        now = datetime.fromtimestamp(now_seconds, UTC)
        recorded: list[tuple[str, SecurityEvent]] = []
        for kind in BANS:
            recorded += [one async for one in self._read({"kind": kind.value, "until": {"$gt": now}})]
        if recorded:
            oldest = datetime.fromtimestamp(min(event.ts for _, event in recorded), UTC)
            for kind in LIFTS:
                recorded += [one async for one in self._read({"kind": kind.value, "ts": {"$gte": oldest}})]
        return recorded

    async def _read(self, match: Document) -> AsyncIterator[tuple[str, SecurityEvent]]:
        with mongo_errors():
            cursor = self._events.find(match, dict.fromkeys(BAN_FIELDS, 1), batch_size=READ_BATCH)
            async for document in cursor.limit(MOST_BANS):
                yield str(document["_id"]), event_from_mapping(document)
