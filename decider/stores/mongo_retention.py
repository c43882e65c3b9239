"""Deletes what is older than the operator keeps, in slices of time small enough not to hold anybody up.

A TTL index would do it on MongoDB, but on the embedded server one with a backlog retries for ever. A slice
starts as an hour, is halved until it holds at most ``SLICE_DOCUMENTS`` and doubled while it holds few.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from decider.stores.mongo_connection import Database, mongo_errors
from decider.stores.mongo_indexes import LISTS, RECORDER_STATUS

SLICE_DOCUMENTS = 5_000  # deleted in one step; measured at 50-260 ms on the embedded server
FIRST_SLICE = timedelta(hours=1)
SHORTEST_SLICE = timedelta(milliseconds=1)  # what ``ts`` can tell apart
PAUSE_SECONDS = 0.02  # between slices, for those who insert meanwhile
ENDED_KEPT = timedelta(
    days=1
)  # entries that ended and nodes that went: long enough to see, short enough not to grow


class MongoRetention:
    """All methods raise StoreUnavailable; what was deleted until then stays deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def delete_before(self, collection: str, moment: datetime) -> int:
        """Delete the documents of a collection whose ``ts`` is before this moment; returns how many."""
        with mongo_errors():
            documents = self._database[collection]
            oldest = await documents.find_one({"ts": {"$lt": moment}}, {"ts": 1}, sort=[("ts", 1)])
            if oldest is None:
                return 0
            start, width, deleted = oldest["ts"], FIRST_SLICE, 0
            while start < moment:
                end = min(start + width, moment)
                inside = {"ts": {"$gte": start, "$lt": end}}
                count = await documents.count_documents(inside, limit=SLICE_DOCUMENTS + 1)
                if count > SLICE_DOCUMENTS and width > SHORTEST_SLICE:
                    width = max(width / 2, SHORTEST_SLICE)
                    continue
                if count:
                    deleted += (await documents.delete_many(inside)).deleted_count
                    await asyncio.sleep(PAUSE_SECONDS)
                if count < SLICE_DOCUMENTS // 2:
                    width *= 2
                start = end
            return deleted

    async def delete_ended(self, now_seconds: float) -> int:
        """Delete list entries that ended, and the status of nodes that went, a day ago or longer."""
        before = datetime.fromtimestamp(now_seconds, UTC) - ENDED_KEPT
        with mongo_errors():
            entries = await self._database[LISTS].delete_many({"until": {"$ne": None, "$lt": before}})
            nodes = await self._database[RECORDER_STATUS].delete_many({"ts": {"$lt": before}})
        return entries.deleted_count + nodes.deleted_count
