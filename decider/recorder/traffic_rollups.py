"""Keeps ``traffic_minute`` and ``traffic_hour`` true to the seconds that this node wrote.

Every pass rebuilds the minutes whose seconds were written since the last one, then their hours. What a pass
could not store stays noted. A start notes every minute since the hour before the newest stored one: seconds
and rollups are written oldest first, so whatever an end in the middle left undone lies after that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from time import time

from decider.core.errors import StoreUnavailable
from decider.core.traffic_rollup import Grain, rollups
from decider.recorder.patience import Patience, StoreHealth, unless_stopping
from decider.stores.mongo_traffic_rollups import MongoTrafficRollups

PERIOD_SECONDS = 10.0  # readers take what is younger from the seconds
RECENT_MINUTES = 3  # rebuilt at every pass, whether a write is known of or not
SLICE_MINUTES = 10  # read and rebuilt in one step: 600 seconds, about a megabyte
PAUSE_SECONDS = 0.02  # between the slices of a catch-up, for those who write meanwhile
MINUTES_OF_HOUR = Grain.HOUR.value // Grain.MINUTE.value


class TrafficRollups:
    """``keep`` is how long seconds and minutes are both kept: older ones must not be rebuilt from a rest."""

    def __init__(
        self,
        store: MongoTrafficRollups,
        mongo_health: StoreHealth,
        node: str,
        keep: timedelta,
        clock: Callable[[], float] = time,
    ) -> None:
        self._store = store
        self._health = mongo_health
        self._node = node
        self._keep = keep
        self._clock = clock
        self._changed: set[int] = set()
        self._caught_up = False

    def note_written(self, second: int) -> None:
        """A second (epoch) was stored: its minute is to be rebuilt."""
        self._changed.add(Grain.MINUTE.number(second))

    async def run(self, stopping: asyncio.Event) -> None:
        """A pass every ten seconds; one that failed is repeated sooner."""
        patience = Patience()
        while not stopping.is_set():
            try:
                await self.roll_up()
            except StoreUnavailable as error:
                self._health.failed(error)
                await patience.wait(stopping)
                continue
            patience.reset()
            await unless_stopping(stopping, PERIOD_SECONDS)

    async def roll_up(self) -> None:
        """One pass. Raises StoreUnavailable; what was not stored is tried again by the next pass."""
        now = int(self._clock())
        if not self._caught_up:
            self._changed.update(await self._missed(now))
            self._caught_up = True
        minute = Grain.MINUTE.number(now)
        self._changed.update(range(minute - RECENT_MINUTES + 1, minute + 1))
        changed, self._changed = sorted(self._changed), set()
        done: set[int] = set()
        try:
            for hour, minutes in groupby(changed, lambda one: one // MINUTES_OF_HOUR):
                of_hour = list(minutes)
                await self._rebuild_hour(hour, of_hour)
                done.update(of_hour)
            await self._rebuild(Grain.HOUR, Grain.HOUR.number(now) - 1, Grain.HOUR.number(now) - 1)
        finally:
            self._changed.update(one for one in changed if one not in done)

    async def _missed(self, now: int) -> range:
        """The minutes since the hour before the newest stored one, or since the oldest second."""
        until = datetime.fromtimestamp(now, UTC)
        since = until - self._keep
        newest = await self._store.newest_minute(since, until)
        if newest is not None:
            first = (Grain.HOUR.number(int(newest.timestamp())) - 1) * MINUTES_OF_HOUR
        elif (oldest := await self._store.oldest_second(since, until)) is not None:
            first = Grain.MINUTE.number(int(oldest.timestamp()))
        else:
            return range(0)
        # a minute whose first seconds are deleted already would be rebuilt from the rest
        whole = Grain.MINUTE.number(int(since.timestamp())) + 1
        return range(max(first, whole), Grain.MINUTE.number(now) + 1)

    async def _rebuild_hour(self, hour: int, minutes: list[int]) -> None:
        for _, slice_minutes in groupby(minutes, lambda one: one // SLICE_MINUTES):
            numbers = list(slice_minutes)
            await self._rebuild(Grain.MINUTE, numbers[0], numbers[-1])
            if len(numbers) == SLICE_MINUTES:
                await asyncio.sleep(PAUSE_SECONDS)
        await self._rebuild(Grain.HOUR, hour, hour)

    async def _rebuild(self, grain: Grain, first: int, last: int) -> None:
        parts = await self._store.parts(grain, grain.start(first), grain.start(last + 1))
        await self._store.replace(grain, rollups(grain, self._node, parts))
