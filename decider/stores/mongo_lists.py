"""The operator's lists in MongoDB: the latest event on an entry wins, in whatever order events arrive."""

from __future__ import annotations

from collections.abc import Iterable

from pymongo.errors import DuplicateKeyError

from decider.core.list_change import ListChange, listing_from_entry
from decider.core.network_list import Listing
from decider.stores.mongo_connection import Database, mongo_errors
from decider.stores.mongo_indexes import LISTS

MOST_ENTRIES = 100_000  # far more than anybody keeps by hand


class MongoLists:
    """All methods raise StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._lists = database[LISTS]

    async def apply(self, changes: Iterable[ListChange]) -> None:
        """Bring entries up to date; a change older than what is stored, or the same again, does nothing.

        The guard is the filter: where a newer change is stored it matches nothing, so the upsert tries to
        insert, and the ``_id`` that is already there refuses it.
        """
        for change in changes:
            fields = change.to_fields()
            guard = {"_id": change.entry_id, "event_order": {"$lt": fields["event_order"]}}
            with mongo_errors():
                try:
                    await self._lists.update_one(guard, {"$set": fields}, upsert=True)
                except DuplicateKeyError:
                    continue

    async def running(self, now_seconds: float) -> list[Listing]:
        """The entries in force now."""
        with mongo_errors():
            stored = [listing_from_entry(entry) async for entry in self._lists.find().limit(MOST_ENTRIES)]
        return [listing for listing in stored if listing.is_running(now_seconds)]
