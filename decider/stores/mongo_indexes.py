"""The collections and the indexes that serve every query on them, on MongoDB and on the embedded server.

The embedded server uses an index only when every filtered field is in it, hence the pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from pymongo import ASCENDING
from pymongo.errors import CollectionInvalid

from decider.stores.mongo_connection import Database, mongo_errors

EVENTS = "events"
TRAFFIC = "traffic"
TRAFFIC_MINUTE = "traffic_minute"
TRAFFIC_HOUR = "traffic_hour"
LISTS = "lists"
RECORDER_STATUS = "recorder_status"

INDEXES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    EVENTS: (
        ("ts",),
        ("kind", "ts"),
        ("kind", "until"),  # the bans that run now
        ("client", "ts"),
        ("request_id",),
    ),
    TRAFFIC: (("ts",),),
    TRAFFIC_MINUTE: (("ts",),),
    TRAFFIC_HOUR: (("ts",),),
}


async def ensure_indexes(database: Database) -> None:
    """Create what is missing; calling it again changes nothing. Raises StoreUnavailable."""
    with mongo_errors():
        existing = await database.list_collection_names()
        for name in (*INDEXES, LISTS, RECORDER_STATUS):
            if name not in existing:
                await _create(database, name)
        for collection, indexes in INDEXES.items():
            for fields in indexes:
                await database[collection].create_index([(name, ASCENDING) for name in fields])


async def _create(database: Database, name: str) -> None:
    with suppress(CollectionInvalid):  # another recorder was faster
        await database.create_collection(name)
