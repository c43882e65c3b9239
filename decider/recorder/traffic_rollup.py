"""Adds seconds of traffic up to minutes and hours, for the dashboard's long ranges.

Each recorder adds up its own node, and goes on where it, or the one killed before it, stopped: a node's
seconds are written oldest first, so whatever is newer than the newest one added up is all that is missing.
The last minutes are made anew every time. A node whose recorder went for good is finished by any other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from time import time

from decider.core.errors import StoreUnavailable
from decider.core.traffic_rollup import HOUR_SECONDS, MINUTE_SECONDS, roll_up
from decider.recorder.log_line import log_line
from decider.recorder.patience import StoreHealth, unless_stopping
from decider.stores.mongo_connection import Document
from decider.stores.mongo_indexes import TRAFFIC, TRAFFIC_HOUR, TRAFFIC_MINUTE
from decider.stores.mongo_traffic_rollups import MongoTrafficRollups, Progress

LOG = logging.getLogger("decider.recorder")

PERIOD_SECONDS = 10.0  # how late a minute on the dashboard may be
AGAIN_SECONDS = 180  # made anew every time: several times what a clock is set back by a time daemon
STEP_SECONDS = 600  # seconds read at once: about a megabyte and 20 ms of work between two pauses
AHEAD_SECONDS = 60  # the second that is open may not have begun; a clock may have been set back
SILENT_SECONDS = 600.0  # a recorder that noted no progress for so long has gone, or has no MongoDB


class TrafficRollup:
    """``keep_seconds`` is how long seconds are kept; ``minutes`` counts the ones stored since the start."""

    def __init__(
        self,
        store: MongoTrafficRollups,
        mongo_health: StoreHealth,
        node: str,
        keep_seconds: timedelta,
        clock: Callable[[], float] = time,
    ) -> None:
        self._store = store
        self._health = mongo_health
        self._node = node
        self._keep_seconds = keep_seconds.total_seconds()
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self.minutes = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Add up until the recorder stops; what could not be done is done at the next turn."""
        while not stopping.is_set():
            try:
                await self.advance(self._node, stopping)
                self._health.succeeded()
            except StoreUnavailable as error:
                self._health.failed(error)
            await unless_stopping(stopping, PERIOD_SECONDS)

    async def finish_all(self, stopping: asyncio.Event | None = None) -> None:
        """Add up every node that nobody else does: before seconds are deleted. Raises StoreUnavailable."""
        await self.advance(self._node, stopping)
        now = self._clock()
        for one in await self._store.progress():
            if one.node == self._node or now - one.looked_at < SILENT_SECONDS:
                continue
            until = await self._add_up(one, stopping)
            if until < now - self._keep_seconds - SILENT_SECONDS:
                await self._store.forget(one.node)
                LOG.info(log_line("rollup_of_gone_node_finished", node=one.node))

    async def advance(self, node: str, stopping: asyncio.Event | None = None) -> None:
        """Add up what a node wrote since the last time. Raises StoreUnavailable; then call again."""
        known = {one.node: one for one in await self._store.progress()}
        if node not in known:
            oldest = await self._store.oldest_second(node)
            known[node] = Progress(node, int(self._clock()) if oldest is None else oldest, 0.0)
        until = await self._add_up(known[node], stopping)
        await self._store.note(node, until, self._clock())

    async def _add_up(self, progress: Progress, stopping: asyncio.Event | None) -> int:
        """Returns the newest second that is in the rollups."""
        async with self._one_at_a_time:
            now, until = self._clock(), progress.until
            start = int(min(until, now)) - AGAIN_SECONDS
            start -= start % MINUTE_SECONDS
            while start < now + AHEAD_SECONDS and not (stopping and stopping.is_set()):
                seconds = await self._store.read(TRAFFIC, progress.node, start, start + STEP_SECONDS)
                if seconds:
                    await self._store_rollups(progress.node, seconds)
                    until = max(int(one["ts"].timestamp()) for one in seconds)
                    await self._store.note(progress.node, until, progress.looked_at or self._clock())
                start += STEP_SECONDS
            return until

    async def _store_rollups(self, node: str, seconds: list[Document]) -> None:
        minutes = roll_up(seconds, MINUTE_SECONDS)
        self.minutes += await self._store.replace(TRAFFIC_MINUTE, minutes)
        hours = sorted({int(one["ts"].timestamp()) // HOUR_SECONDS * HOUR_SECONDS for one in minutes})
        for hour in hours:
            whole = await self._store.read(TRAFFIC_MINUTE, node, hour, hour + HOUR_SECONDS)
            await self._store.replace(TRAFFIC_HOUR, roll_up(whole, HOUR_SECONDS))
