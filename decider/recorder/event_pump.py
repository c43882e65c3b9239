"""Moves events from the stream to MongoDB: read, insert, acknowledge, in that order and no other.

Whatever dies in between, the entries are still pending and are read again, and ``_id`` = stream id makes the
second insert a no-op: nothing is lost and nothing doubled. While MongoDB is away nothing is acknowledged and
nothing more than one batch ahead is read; events wait in the stream.

While one full batch is being stored the next is read and made ready: MongoDB and this process work at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, time

from bson.raw_bson import RawBSONDocument

from decider.core.errors import StoreUnavailable
from decider.core.list_change import ListChange, list_changes
from decider.core.ports import EventSink
from decider.core.security_event import EventKind, SecurityEvent
from decider.core.stream_entry import event_of_entry
from decider.core.stream_position import sortable
from decider.recorder.log_line import log_line
from decider.recorder.patience import Patience, StoreHealth
from decider.stores.mongo_events import MongoEvents, encoded
from decider.stores.mongo_lists import MongoLists
from decider.stores.redis_event_stream import BATCH_ENTRIES, Batch, RedisEventStream

LOG = logging.getLogger("decider.recorder")

CLAIM_SECONDS = 30.0  # between looks for what a dead recorder left, and for memory to give back
ABANDONED_SECONDS = 60.0  # a living recorder acknowledges within milliseconds while MongoDB is there
TRIMMED_TOLD_SECONDS = 10.0  # an overflow that goes on is one event every so often, not one a batch
STORED_AT_ONCE = (
    4_000  # entries an insert, about 4 MB: each insert waits for the disk once; measured +30 % to 1,000
)
POISON_LOGGED = 3  # entries of a batch that are shown; the rest is counted


@dataclass(slots=True)
class EventTotals:
    """Since the start of this recorder. ``repeated`` were stored by an earlier attempt or life."""

    recorded: int = 0
    repeated: int = 0
    poison: int = 0
    trimmed_unread: int = 0


@dataclass(frozen=True, slots=True)
class EventStores:
    """What the pump works on."""

    stream: RedisEventStream
    events: MongoEvents
    lists: MongoLists
    sink: EventSink
    redis_health: StoreHealth
    mongo_health: StoreHealth


@dataclass(slots=True)
class _Work:
    """A batch made ready: documents and list changes to store, ids to acknowledge."""

    ids: list[str]
    documents: list[RawBSONDocument]
    changes: list[ListChange]


class EventPump:
    """``recorded_through`` is the position up to which the stream is stored (sortable form). ``on_event`` is
    told of each event as it is read, of some twice."""

    def __init__(self, stores: EventStores, node: str) -> None:
        self._stores = stores
        self._node = node
        self._opened = False
        self._pending = True
        self._claim_at = 0.0
        self._trimmed_untold = 0
        self._tell_at = 0.0
        self._ahead: asyncio.Task[_Work] | None = None
        self.on_event: Callable[[SecurityEvent], None] = lambda _event: None
        self.totals = EventTotals()
        self.recorded_through = ""

    async def run(self, stopping: asyncio.Event) -> None:
        """Pump until the recorder stops."""
        try:
            await self._pump(stopping)
        finally:
            self._forget_ahead()

    async def _pump(self, stopping: asyncio.Event) -> None:
        patience = Patience()
        while not stopping.is_set():
            try:
                work = await (self._ahead or self._next_work())
                self._ahead = None
                if len(work.ids) >= BATCH_ENTRIES and not self._pending:
                    self._ahead = asyncio.create_task(self._next_work())
                if not await self._store(work, stopping):
                    return
                await self._stores.stream.acknowledge(work.ids)
                patience.reset()
            except StoreUnavailable as error:
                self._forget_ahead()
                self._opened, self._pending = False, True
                if "NOGROUP" not in str(error):  # the stream is gone, not Redis: open it again
                    self._stores.redis_health.failed(error)
                if not await patience.wait(stopping):
                    return
                continue
            if work.ids:
                self.recorded_through = max(self.recorded_through, *map(sortable, work.ids))

    def _forget_ahead(self) -> None:
        """What was read ahead stays pending, and is read again."""
        if self._ahead is not None:
            self._ahead.cancel()
            self._ahead.add_done_callback(_noticed)
            self._ahead = None

    async def _next_work(self) -> _Work:
        """One batch; while new ones come full, up to as many as are stored at once."""
        batch = await self._next()
        self._stores.redis_health.succeeded()
        work = self._made_ready(batch)
        while len(batch.entries) >= BATCH_ENTRIES and not self._pending and len(work.ids) < STORED_AT_ONCE:
            batch = await self._stores.stream.read_new()
            more = self._made_ready(batch)
            work.ids += more.ids
            work.documents += more.documents
            work.changes += more.changes
        return work

    async def _next(self) -> Batch:
        """First what this recorder left behind, then what a dead one did, then what is new."""
        stream = self._stores.stream
        if not self._opened:
            await stream.open()
            self._opened = True
        if self._pending:
            batch = await stream.read_pending()
            if batch.entries or batch.gone:
                return batch
            self._pending = False
        if monotonic() >= self._claim_at:
            self._claim_at = monotonic() + CLAIM_SECONDS
            await stream.trim_recorded()
            batch = await stream.claim_abandoned(ABANDONED_SECONDS)
            if batch != Batch():
                return batch
        return await stream.read_new()

    def _made_ready(self, batch: Batch) -> _Work:
        work = _Work(ids=list(batch.gone), documents=[], changes=[])
        poison = 0
        for stream_id, entry in batch.entries:
            work.ids.append(stream_id)
            try:
                event = event_of_entry(entry)
                self.on_event(event)
                work.documents.append(encoded(event.to_document(stream_id)))
                work.changes += list_changes(event, stream_id)
            except ValueError as error:
                poison += 1
                if poison <= POISON_LOGGED:
                    LOG.warning(log_line("poison_entry", id=stream_id, error=error, entry=dict(entry)))
        self.totals.poison += poison
        self._note_trimmed(batch.trimmed)
        return work

    async def _store(self, work: _Work, stopping: asyncio.Event) -> bool:
        """Store it, however long that takes. False when the recorder is to stop first."""
        patience = Patience()
        while work.documents:
            try:
                inserted = await self._stores.events.insert(work.documents)
                await self._stores.lists.apply(work.changes)
            except StoreUnavailable as error:
                self._stores.mongo_health.failed(error)
                if not await patience.wait(stopping):
                    return False
                continue
            self._stores.mongo_health.succeeded()
            self.totals.recorded += inserted.new
            self.totals.repeated += inserted.repeated
            self.totals.poison += len(inserted.refused)
            for place, reason in list(inserted.refused.items())[:POISON_LOGGED]:
                LOG.warning(log_line("event_refused", id=work.documents[place]["_id"], error=reason))
            return True
        return True

    def _note_trimmed(self, trimmed: int) -> None:
        self.totals.trimmed_unread += trimmed
        self._trimmed_untold += trimmed
        if self._trimmed_untold and monotonic() >= self._tell_at:
            count, self._trimmed_untold = self._trimmed_untold, 0
            self._tell_at = monotonic() + TRIMMED_TOLD_SECONDS
            LOG.warning(log_line("events_trimmed", count=count))
            self._stores.sink.record(
                SecurityEvent(
                    kind=EventKind.EVENTS_TRIMMED, ts=time(), node=self._node, actor="recorder", count=count
                )
            )


def _noticed(task: asyncio.Task[_Work]) -> None:
    """Its failure is that of the batch before it, and has been told."""
    if not task.cancelled():
        task.exception()
