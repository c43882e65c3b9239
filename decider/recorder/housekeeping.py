"""At the start and every hour: indexes exist, nothing is older than the operator keeps, nothing grows."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic, time

from decider.core.errors import StoreUnavailable
from decider.recorder.log_line import log_line
from decider.recorder.patience import Patience, unless_stopping
from decider.stores.mongo_connection import Database
from decider.stores.mongo_indexes import EVENTS, TRAFFIC, TRAFFIC_HOUR, TRAFFIC_MINUTE, ensure_indexes
from decider.stores.mongo_retention import MongoRetention
from decider.stores.redis_event_stream import RedisEventStream

LOG = logging.getLogger("decider.recorder")

PERIOD_SECONDS = 3_600.0  # an hour's documents over the limit are few; the slices are small
GONE_CONSUMER_SECONDS = 86_400.0  # a node that was not seen for a day and owns nothing has gone


@dataclass(frozen=True, slots=True)
class Retention:
    """How long documents are kept."""

    events: timedelta
    traffic: timedelta
    traffic_minutes: timedelta
    traffic_hours: timedelta


class Housekeeping:
    """Starts over when a store goes away in the middle: every step may be repeated.

    ``ready`` is set once every collection exists: the embedded server loses one that two
    writers create at once.
    """

    def __init__(self, database: Database, stream: RedisEventStream, retention: Retention) -> None:
        self._database = database
        self._stream = stream
        self._retention = retention
        self._failing = False
        self.ready = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Keep house until the recorder stops."""
        patience = Patience()
        while not stopping.is_set():
            try:
                await self._keep()
            except StoreUnavailable as error:
                if not self._failing:
                    LOG.warning(log_line("housekeeping_failed", error=error, retrying="true"))
                self._failing = True
                await patience.wait(stopping)
                continue
            self._failing = False
            patience.reset()
            await self._forget_consumers()
            await unless_stopping(stopping, PERIOD_SECONDS)

    async def _keep(self) -> None:
        await ensure_indexes(self._database)
        self.ready.set()
        began, now = monotonic(), datetime.now(UTC)
        retention = MongoRetention(self._database)
        keep = self._retention
        events = await retention.delete_before(EVENTS, now - keep.events)
        traffic = await retention.delete_before(TRAFFIC, now - keep.traffic)
        traffic += await retention.delete_before(TRAFFIC_MINUTE, now - keep.traffic_minutes)
        traffic += await retention.delete_before(TRAFFIC_HOUR, now - keep.traffic_hours)
        ended = await retention.delete_ended(time())
        if events or traffic or ended:
            seconds = monotonic() - began
            LOG.info(log_line("retention", events=events, traffic=traffic, ended=ended, seconds=seconds))

    async def _forget_consumers(self) -> None:
        try:
            await self._stream.forget_idle_consumers(GONE_CONSUMER_SECONDS)
        except StoreUnavailable as error:  # there is no hurry: the next hour will do
            LOG.debug(log_line("consumers_kept", error=error))
