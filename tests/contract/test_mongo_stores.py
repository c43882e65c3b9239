"""Every MongoDB store on a real server: the embedded one, or the one that TEST_MONGODB_URI names."""

import asyncio
import gc
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener, CommandStartedEvent, CommandSucceededEvent

from decider.core.errors import StoreUnavailable
from decider.core.list_change import ListChange, list_changes
from decider.core.running_bans import running_bans
from decider.core.security_event import EventKind, Reason, SecurityEvent
from decider.stores.mongo_connection import Database, connect
from decider.stores.mongo_events import MongoEvents
from decider.stores.mongo_indexes import INDEXES, ensure_indexes
from decider.stores.mongo_insert import Inserted, encoded
from decider.stores.mongo_lists import MongoLists
from decider.stores.mongo_recorder_status import MongoRecorderStatus
from decider.stores.mongo_retention import SLICE_DOCUMENTS, MongoRetention
from decider.stores.mongo_traffic import MongoTraffic
from tests.servers import free_port

NOW = 1_763_888_711.0
BAN = SecurityEvent(
    kind=EventKind.BAN_STARTED,
    ts=NOW,
    client="203.0.113.7",
    until=NOW + 60,
    ban_seconds=60,
    ban_count=1,
    reasons=(Reason("burst", 0.62),),
    request_id="0f8f",
)


def on_database(uri: str, scenario: Callable[[Database], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        database = connect(uri)
        try:
            return await scenario(database)
        finally:
            await database.client.close()

    return asyncio.run(go())


def test_events_are_stored_once_however_often_they_are_inserted(mongo_uri: str) -> None:
    async def scenario(database: Database) -> None:
        events = MongoEvents(database)
        documents = [encoded(BAN.to_document(f"{number}-0")) for number in range(1000)]
        assert await events.insert(documents[:600]) == Inserted(600)
        assert await events.insert(documents) == Inserted(400, 600)
        assert await events.insert(documents) == Inserted(0, 1000)
        assert await database.events.count_documents({}) == 1000
        stored = await database.events.find_one({"_id": "7-0"})
        assert stored == BAN.to_document("7-0")

    on_database(mongo_uri, scenario)


def test_a_document_that_no_server_takes_does_not_hold_up_the_others(mongo_uri: str) -> None:
    async def scenario(database: Database) -> None:
        await database.create_collection("events", validator={"$jsonSchema": {"required": ["kind"]}})
        documents = [encoded({"_id": "1-0"}), encoded({"_id": "2-0", "kind": "x"})]
        inserted = await MongoEvents(database).insert(documents)
        assert (inserted.new, inserted.repeated, list(inserted.refused)) == (1, 0, [0])
        assert "121" in inserted.refused[0]

    on_database(mongo_uri, scenario)


@pytest.mark.parametrize("document", [{"_id": "\ud800"}, {"count": 2**63}, {"a\x00b": 1}, {"kind": object()}])
def test_what_has_no_wire_form_is_told_before_the_insert(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no document"):
        encoded(document)


def test_events_tell_which_bans_run(mongo_uri: str) -> None:
    def ban(client: str, until: float, **changes: Any) -> SecurityEvent:
        return replace(BAN, client=client, until=until, **changes)

    recorded = [
        ban("203.0.113.1", NOW + 60),
        ban("203.0.113.2", NOW - 1),
        ban("203.0.113.3", NOW + 60),
        replace(BAN, kind=EventKind.BAN_LIFTED, client="203.0.113.3", until=0.0),
        ban("203.0.113.4", NOW + 60, kind=EventKind.WOULD_BLOCK),
        ban("203.0.113.5", NOW + 60),
        ban("203.0.113.5", NOW + 600, kind=EventKind.BAN_EXTENDED, ban_count=2),
        ban("192.0.2.9", NOW + 60),
        replace(BAN, kind=EventKind.ALLOW_LISTED, client="192.0.2.0/24", until=0.0),
    ]

    async def scenario(database: Database) -> None:
        events = MongoEvents(database)
        await events.insert(
            [encoded(one.to_document(f"100-{number}")) for number, one in enumerate(recorded)]
        )
        running = running_bans(await events.about_running_bans(NOW), NOW)
        assert sorted((client.name, ban.until, ban.count) for client, ban in running) == [
            ("203.0.113.1", int(NOW) + 60, 1),
            ("203.0.113.5", int(NOW) + 600, 2),
        ]

    on_database(mongo_uri, scenario)


def test_indexes_are_there_and_every_query_shape_uses_one(mongo_uri: str) -> None:
    recent = {"$gte": datetime.fromtimestamp(NOW, UTC)}

    async def scenario(database: Database) -> None:
        await ensure_indexes(database)
        await ensure_indexes(database)
        await database.events.insert_many(BAN.to_document(f"{number}-0") for number in range(200))
        for collection, indexes in INDEXES.items():
            known = [tuple(one["key"]) async for one in await database[collection].list_indexes()]
            assert sorted(known) == sorted([("_id",), *indexes])
        for query in (
            {"ts": recent},
            {"kind": "ban_started", "ts": recent},
            {"kind": "ban_started", "until": recent},
            {"client": "203.0.113.7", "ts": recent},
            {"request_id": "0f8f"},
        ):
            plan = str(await database.events.find(query).explain())
            assert "IXSCAN" in plan, query
            assert "COLLSCAN" not in plan, query

    on_database(mongo_uri, scenario)


def test_lists_end_up_the_same_in_whatever_order_changes_arrive(mongo_uri: str) -> None:
    listed = SecurityEvent(kind=EventKind.DENY_LISTED, ts=NOW, client="203.0.113.0/24", actor="ada")
    delisted = replace(listed, kind=EventKind.DELISTED, ts=NOW + 10)
    again = replace(listed, ts=NOW + 20, note="again", until=NOW + 3600)
    changes: list[ListChange] = []
    for stream_id, event in (("9-9", listed), ("9-10", delisted), ("10-0", again)):
        changes += list_changes(event, stream_id)

    async def scenario(database: Database) -> None:
        lists = MongoLists(database)
        chance = random.Random(5)
        for _ in range(10):
            await database.lists.delete_many({})
            await lists.apply(chance.sample(changes, len(changes)) + chance.sample(changes, 2))
            (running,) = await lists.running(NOW + 30)
            assert (str(running.network), running.list_name, running.note) == (
                "203.0.113.0/24",
                "deny",
                "again",
            )
            assert (running.actor, running.until) == ("ada", NOW + 3600)
        await lists.apply(list_changes(replace(delisted, ts=NOW + 40), "11-0"))
        assert await lists.running(NOW + 41) == []
        entry = await database.lists.find_one({"_id": "deny|203.0.113.0/24"})
        assert entry is not None
        assert (entry["list"], entry["event_id"]) == ("deny", "11-0")

    on_database(mongo_uri, scenario)


def test_traffic_seconds_are_stored_once(mongo_uri: str) -> None:
    async def scenario(database: Database) -> None:
        second = encoded({"_id": "edge:1", "ts": datetime.fromtimestamp(1, UTC), "requests": 5})
        traffic = MongoTraffic(database)
        assert [await traffic.insert([second]), await traffic.insert([second])] == [
            Inserted(1),
            Inserted(0, 1),
        ]

    on_database(mongo_uri, scenario)


def test_a_status_replaces_the_one_before(mongo_uri: str) -> None:
    async def scenario(database: Database) -> None:
        status = MongoRecorderStatus(database)
        await status.write("edge", {"_id": "edge", "lag_events": 7, "gone": 1})
        await status.write("edge", {"_id": "edge", "lag_events": 0})
        assert [one async for one in database.recorder_status.find()] == [{"_id": "edge", "lag_events": 0}]

    on_database(mongo_uri, scenario)


class Deletes(CommandListener):
    """How many documents each delete command took."""

    def __init__(self) -> None:
        self.counts: list[int] = []

    def started(self, event: CommandStartedEvent) -> None: ...

    def succeeded(self, event: CommandSucceededEvent) -> None:
        if event.command_name == "delete":
            self.counts.append(event.reply["n"])

    def failed(self, event: object) -> None: ...


def test_retention_deletes_what_is_old_in_small_slices_and_nothing_else(mongo_uri: str) -> None:
    limit, deletes = datetime.fromtimestamp(NOW, UTC), Deletes()

    async def scenario(database: Database) -> None:
        await ensure_indexes(database)
        moments = [limit - timedelta(seconds=1 + number / 100) for number in range(14_000)]
        moments += [limit - timedelta(days=400)] * 3 + [limit - timedelta(milliseconds=1)]
        await database.events.insert_many({"_id": number, "ts": ts} for number, ts in enumerate(moments))
        kept = [limit, limit + timedelta(seconds=1)]
        await database.events.insert_many({"_id": f"kept-{ts}", "ts": ts} for ts in kept)
        began = time.monotonic()
        retention = MongoRetention(database)
        assert await retention.delete_before("events", limit) == 14_004
        assert time.monotonic() - began < 20
        assert await database.events.count_documents({}) == 2
        assert max(deletes.counts) <= SLICE_DOCUMENTS
        assert len(deletes.counts) < 20
        assert await retention.delete_before("events", limit) == 0

    async def listening() -> None:
        async with AsyncMongoClient[dict[str, Any]](
            mongo_uri, tz_aware=True, event_listeners=[deletes]
        ) as client:
            await scenario(client.get_default_database())

    asyncio.run(listening())


def test_ended_entries_and_gone_nodes_are_forgotten_after_a_day(mongo_uri: str) -> None:
    now = datetime.fromtimestamp(NOW, UTC)
    ends = {"open": None, "ended": now - timedelta(days=2), "just": now, "later": now + timedelta(days=9)}

    async def scenario(database: Database) -> None:
        await database.lists.insert_many({"_id": name, "until": until} for name, until in ends.items())
        await database.recorder_status.insert_many(
            [{"_id": "gone", "ts": now - timedelta(days=2)}, {"_id": "here", "ts": now}]
        )
        assert await MongoRetention(database).delete_ended(NOW) == 2
        assert [one["_id"] async for one in database.lists.find().sort("_id")] == ["just", "later", "open"]
        assert [one["_id"] async for one in database.recorder_status.find()] == ["here"]

    on_database(mongo_uri, scenario)


@pytest.mark.filterwarnings(
    "ignore:unclosed <socket:ResourceWarning"
)  # the driver's, cancelled while it connects
def test_a_server_that_is_away_is_store_unavailable() -> None:
    async def scenario(database: Database) -> None:
        with pytest.raises(StoreUnavailable) as caught:
            await MongoEvents(database).insert([encoded(BAN.to_document("1-0"))])
        assert "hunter2" not in str(caught.value)

    on_database(f"mongodb://ada:hunter2@127.0.0.1:{free_port()}/decider", scenario)
    gc.collect()  # now, while the warning is expected
