"""Minutes and hours of traffic in MongoDB, and how far each node's seconds were added up.

``rollup_progress``: {_id: node, until: the newest second in the rollups, ts: when that was looked at}.
It is written after the rollups, so that whoever was killed in between makes them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import ReplaceOne

from decider.core.traffic_rollup import worth_storing
from decider.stores.mongo_connection import Database, Document, mongo_errors
from decider.stores.mongo_indexes import ROLLUP_PROGRESS, TRAFFIC


@dataclass(frozen=True, slots=True)
class Progress:
    """``until`` and ``looked_at`` in epoch seconds."""

    node: str
    until: int
    looked_at: float


class MongoTrafficRollups:
    """All methods raise StoreUnavailable; times are epoch seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, collection: str, node: str, start: int, end: int) -> list[Document]:
        """The documents of a node from ``start`` up to ``end``."""
        with mongo_errors():
            return [one async for one in self._database[collection].find(of_node(node, start, end))]

    async def replace(self, collection: str, made: Sequence[Document]) -> int:
        """Store rollups of one node that are new or say more than what is stored; returns how many."""
        if not made:
            return 0
        moments = [int(one["ts"].timestamp()) for one in made]
        known = await self.read(collection, made[0]["node"], min(moments), max(moments) + 1)
        stored = {one["_id"]: one for one in known}
        better = [one for one in made if worth_storing(one, stored.get(one["_id"]))]
        if better:
            replacing = [ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in better]
            with mongo_errors():
                await self._database[collection].bulk_write(replacing, ordered=False)
        return len(better)

    async def oldest_second(self, node: str) -> int | None:
        """The oldest second of a node that is still kept."""
        match = {"node": node, "ts": {"$gte": _moment(0)}}
        with mongo_errors():
            found = await self._database[TRAFFIC].find_one(match, {"ts": 1}, sort=[("ts", 1)])
        return int(found["ts"].timestamp()) if found else None

    async def progress(self) -> list[Progress]:
        """Of every node that ever added up its seconds and was not forgotten since."""
        with mongo_errors():
            return [
                Progress(str(one["_id"]), int(one["until"].timestamp()), one["ts"].timestamp())
                async for one in self._database[ROLLUP_PROGRESS].find()
            ]

    async def note(self, node: str, until: int, now: float) -> None:
        """Everything up to this second is in the rollups."""
        noted = {"_id": node, "until": _moment(until), "ts": _moment(now)}
        with mongo_errors():
            await self._database[ROLLUP_PROGRESS].replace_one({"_id": node}, noted, upsert=True)

    async def forget(self, node: str) -> None:
        """A node that went, and whose seconds are deleted."""
        with mongo_errors():
            await self._database[ROLLUP_PROGRESS].delete_one({"_id": node})


def of_node(node: str, start: int, end: int) -> Document:
    """The filter that the index of (node, ts) serves."""
    return {"node": node, "ts": {"$gte": _moment(start), "$lt": _moment(end)}}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
