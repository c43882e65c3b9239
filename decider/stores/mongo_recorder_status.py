"""What each recorder tells about itself: one document a node, written over and over."""

from __future__ import annotations

from decider.stores.mongo_connection import Database, Document, mongo_errors
from decider.stores.mongo_indexes import RECORDER_STATUS


class MongoRecorderStatus:
    """Raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._status = database[RECORDER_STATUS]

    async def write(self, node: str, status: Document) -> None:
        """Replace the status of this node."""
        with mongo_errors():
            await self._status.replace_one({"_id": node}, status, upsert=True)
