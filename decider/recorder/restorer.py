"""Gives Redis its bans and lists back when it lost them: restarted empty, flushed, or new.

Once a second it looks for a marker that only it writes. Where the marker is missing, it lets the pump store
what the stream already holds (an operator may have acted since), then puts the running bans and list entries
of MongoDB into Redis wherever Redis knows nothing, and writes the marker. Newer state is never overwritten.
A Redis emptied meanwhile gets no marker, so that the next look starts over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic, time

from decider.core.ban import Ban
from decider.core.client_key import ClientKey
from decider.core.errors import StoreUnavailable
from decider.core.ports import BanStore, EventSink
from decider.core.running_bans import running_bans
from decider.core.security_event import EventKind, SecurityEvent
from decider.core.stream_position import sortable
from decider.recorder.event_pump import EventPump
from decider.recorder.log_line import log_line
from decider.recorder.patience import StoreHealth, unless_stopping
from decider.stores.mongo_events import MongoEvents
from decider.stores.mongo_lists import MongoLists
from decider.stores.redis_event_stream import RedisEventStream
from decider.stores.redis_lists import RedisLists
from decider.stores.redis_restored_marker import RedisRestoredMarker

LOG = logging.getLogger("decider.recorder")

LOOK_SECONDS = 1.0  # how long a Redis that came back may stay without its bans
TOUCH_SECONDS = 60.0  # marker and lists live a day and a month from the last touch
CATCH_UP_SECONDS = 5.0  # how long the pump may take; after that its backlog is recent bans Redis has anyway
BANS_AT_A_TIME = 20  # script calls in flight, each on a connection of its own


@dataclass(frozen=True, slots=True)
class RestoreStores:
    """Where to read from and where to write to."""

    marker: RedisRestoredMarker
    stream: RedisEventStream
    redis_lists: RedisLists
    bans: BanStore
    events: MongoEvents
    mongo_lists: MongoLists
    sink: EventSink
    mongo_health: StoreHealth


class Restorer:
    """``restorations`` counts how often Redis got its state back from this recorder."""

    def __init__(self, stores: RestoreStores, pump: EventPump, node: str) -> None:
        self._stores = stores
        self._pump = pump
        self._node = node
        self._seen_marker = False
        self._touch_at = 0.0
        self.restorations = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Look once a second until the recorder stops."""
        while True:
            try:
                await self._look(stopping)
            except StoreUnavailable as error:  # whichever store it is, the pump or the status tells of it
                LOG.debug(log_line("restore_postponed", error=error))
            if not await unless_stopping(stopping, LOOK_SECONDS):
                return

    async def _look(self, stopping: asyncio.Event) -> None:
        if not await self._stores.marker.is_set():
            await self._restore(stopping)
        elif monotonic() >= self._touch_at:
            await self._stores.marker.touch(time())
            await self._stores.redis_lists.touch()
            self._touch_at = monotonic() + TOUCH_SECONDS
        self._seen_marker = True

    async def _restore(self, stopping: asyncio.Event) -> None:
        await self._let_pump_catch_up(stopping)
        if stopping.is_set():
            return
        now = time()
        await self._stores.marker.begin(now)
        bans = running_bans(await self._stores.events.about_running_bans(now), now)
        listings = await self._stores.mongo_lists.running(now)
        self._stores.mongo_health.succeeded()
        restored_listings = 0
        for listing in listings:
            restored_listings += await self._stores.redis_lists.restore(listing)
        restored_bans = await self._restore_bans(bans)
        if await self._stores.marker.complete():
            self.restorations += 1
        if restored_bans or restored_listings or self._seen_marker:
            LOG.warning(log_line("bans_restored", bans=restored_bans, listings=restored_listings))
            self._stores.sink.record(
                SecurityEvent(
                    kind=EventKind.BANS_RESTORED,
                    ts=time(),
                    node=self._node,
                    actor="recorder",
                    count=restored_bans,
                    note=f"Redis came back empty: {restored_bans} bans and {restored_listings} list entries",
                )
            )

    async def _restore_bans(self, bans: Sequence[tuple[ClientKey, Ban]]) -> int:
        restored = 0
        for start in range(0, len(bans), BANS_AT_A_TIME):
            some = bans[start : start + BANS_AT_A_TIME]
            restored += sum(await asyncio.gather(*(self._stores.bans.restore(*one) for one in some)))
        return restored

    async def _let_pump_catch_up(self, stopping: asyncio.Event) -> None:
        end = sortable(await self._stores.stream.last_id())
        deadline = monotonic() + CATCH_UP_SECONDS
        while self._pump.recorded_through < end and monotonic() < deadline:
            if (await self._stores.stream.lag()).entries == 0:
                return
            if not await unless_stopping(stopping, 0.05):
                return
