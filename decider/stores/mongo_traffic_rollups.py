"""Rollups of traffic in MongoDB: the seconds and minutes that they are built from, and their replacement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ReplaceOne

from decider.core.traffic_rollup import Grain
from decider.stores.mongo_connection import Database, Document, mongo_errors
from decider.stores.mongo_indexes import TRAFFIC, TRAFFIC_HOUR, TRAFFIC_MINUTE

ROLLUPS: Mapping[Grain, str] = {Grain.MINUTE: TRAFFIC_MINUTE, Grain.HOUR: TRAFFIC_HOUR}
FINER: Mapping[Grain, str] = {Grain.MINUTE: TRAFFIC, Grain.HOUR: TRAFFIC_MINUTE}


class MongoTrafficRollups:
    """The rollups of one node. All methods raise StoreUnavailable."""

    def __init__(self, database: Database, node: str) -> None:
        self._database = database
        self._node = node

    async def parts(self, grain: Grain, start: datetime, end: datetime) -> list[Document]:
        """What rollups from ``start`` up to ``end`` sum: seconds for minutes, minutes for hours."""
        return await self._read(FINER[grain], start, end, [])

    async def newest_minute(self, since: datetime, until: datetime) -> datetime | None:
        """Start of the newest minute that is stored between the two moments."""
        stages: list[Document] = [{"$sort": {"ts": -1}}, {"$limit": 1}, {"$project": {"ts": 1}}]
        found = await self._read(TRAFFIC_MINUTE, since, until, stages)
        return found[0]["ts"] if found else None

    async def oldest_second(self, since: datetime, until: datetime) -> datetime | None:
        """The oldest second that any node stored between the two moments."""
        with mongo_errors():
            found = await self._database[TRAFFIC].find_one(
                {"ts": {"$gte": since, "$lt": until}}, {"ts": 1}, sort=[("ts", 1)]
            )
        return found["ts"] if found else None

    async def replace(self, grain: Grain, documents: Sequence[Mapping[str, Any]]) -> None:
        """Store them in the place of what was there under their ``_id``."""
        if documents:
            steps = [ReplaceOne({"_id": one["_id"]}, dict(one), upsert=True) for one in documents]
            with mongo_errors():
                await self._database[ROLLUPS[grain]].bulk_write(steps, ordered=False)

    async def _read(
        self, collection: str, start: datetime, end: datetime, stages: list[Document]
    ) -> list[Document]:
        # two stages: the embedded server uses the index of ts only when nothing else is asked
        match: list[Document] = [
            {"$match": {"ts": {"$gte": start, "$lt": end}}},
            {"$match": {"node": self._node}},
        ]
        with mongo_errors():
            cursor = await self._database[collection].aggregate(match + stages)
            return await cursor.to_list()
