"""Writes traffic seconds when they are over, and tells when requests pass undecided.

Two loops: one follows the clock and never waits for a store, the other writes. What MongoDB cannot take is
kept for an hour; beyond that the oldest second is lost, counted and shown.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import time

from bson.raw_bson import RawBSONDocument

from decider.core.errors import StoreUnavailable
from decider.core.fail_open_episode import FailOpenEpisodes
from decider.core.ports import EventSink
from decider.core.traffic_second import TrafficSecond
from decider.recorder.log_line import log_line
from decider.recorder.patience import Patience, StoreHealth, unless_stopping
from decider.stores.mongo_insert import encoded
from decider.stores.mongo_traffic import MongoTraffic

LOG = logging.getLogger("decider.recorder")

WAITING_SECONDS = 3_600  # kept while MongoDB is away: 2 KB each on an ordinary day, 15 KB with every country
SECONDS_A_WRITE = 100
AFTER_THE_SECOND = 0.02  # datagrams on their way when a second ends still count in it, or in the next


@dataclass(slots=True)
class _Waiting:
    """``attempted``: an earlier write of it may have succeeded without our hearing of it."""

    document: RawBSONDocument
    second: int
    attempted: bool = False


class TrafficWriter:
    """``take_before`` gives each second once; ``written`` and ``lost`` count them since the start.

    ``on_written`` hears of every second (epoch) that is in MongoDB now.
    """

    def __init__(
        self,
        take_before: Callable[[int], Sequence[tuple[int, TrafficSecond]]],
        traffic: MongoTraffic,
        sink: EventSink,
        mongo_health: StoreHealth,
        node: str,
    ) -> None:
        self._take_before = take_before
        self._traffic = traffic
        self._sink = sink
        self._health = mongo_health
        self._node = node
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self.episodes = FailOpenEpisodes(node)
        self.written = 0
        self.lost = 0
        self.on_written: Callable[[int], None] = lambda second: None

    @property
    def waiting(self) -> int:
        """Seconds that are not in MongoDB yet."""
        return len(self._waiting)

    async def run_clock(self, stopping: asyncio.Event) -> None:
        """Close each second when it is over."""
        while await unless_stopping(stopping, 1.0 - time() % 1.0 + AFTER_THE_SECOND):
            self.close_before(int(time()))

    async def run_writes(self, stopping: asyncio.Event) -> None:
        """Write what is closed."""
        patience = Patience()
        while not stopping.is_set():
            if not self._waiting:
                self._arrived.clear()
                await _first_of(self._arrived, stopping)
            elif await self.write_some():
                patience.reset()
            elif not await patience.wait(stopping):
                return

    def close_before(self, second: int) -> None:
        """Take the seconds before this one from the reader, and tell of fail-open episodes."""
        over = self._take_before(second)
        for event in self.episodes.advance([(one, traffic.fail_open) for one, traffic in over], second):
            LOG.warning(log_line(event.kind, count=event.count))
            self._sink.record(event)
        for one, traffic in over:
            if len(self._waiting) >= WAITING_SECONDS:
                self._waiting.popleft()
                self._note_lost(1, "buffer_full")
            self._waiting.append(_Waiting(encoded(traffic.document(self._node, one)), one))
        if over:
            self._arrived.set()

    async def write_some(self) -> bool:
        """Write the oldest seconds. False when MongoDB did not take them."""
        batch = [self._waiting[place] for place in range(min(len(self._waiting), SECONDS_A_WRITE))]
        uncertain = sum(one.attempted for one in batch)
        for one in batch:
            one.attempted = True
        try:
            inserted = await self._traffic.insert([one.document for one in batch])
        except StoreUnavailable as error:
            self._health.failed(error)
            return False
        self._health.succeeded()
        while batch and self._waiting and self._waiting[0] is batch[0]:
            self.on_written(self._waiting.popleft().second)
            batch.pop(0)
        self.written += inserted.new
        # there before its first write: the clock was set back, or two recorders share a node's name
        self._note_lost(max(inserted.repeated - uncertain, 0), "second_already_written")
        self._note_lost(len(inserted.refused), "refused")
        return True

    def finish(self, open_second: int) -> None:
        """The recorder stops and no more lines come: close what is open, end a running episode."""
        self.close_before(open_second + 1)
        for event in self.episodes.end(int(time())):
            self._sink.record(event)

    def _note_lost(self, seconds: int, reason: str) -> None:
        self.lost += seconds
        if seconds:
            LOG.warning(log_line("traffic_seconds_lost", count=seconds, reason=reason, total=self.lost))


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
