"""Traffic seconds in MongoDB: one document a node and second, written once."""

from __future__ import annotations

from collections.abc import Sequence

from bson.raw_bson import RawBSONDocument

from decider.stores.mongo_connection import Database
from decider.stores.mongo_indexes import TRAFFIC
from decider.stores.mongo_insert import Inserted, insert_once


class MongoTraffic:
    """Raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._traffic = database[TRAFFIC]

    async def insert(self, seconds: Sequence[RawBSONDocument]) -> Inserted:
        """Store the seconds that are not there yet."""
        return await insert_once(self._traffic, seconds)
