"""Tells every two seconds how recording goes: the dashboard's lag, stale and degraded badges read it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from time import time
from typing import Any

from decider.core.errors import StoreUnavailable
from decider.policy_reload import PolicyReload
from decider.recorder.access_log_reader import AccessLogReader
from decider.recorder.access_socket import kernel_drops
from decider.recorder.event_pump import EventPump
from decider.recorder.feedback import Feedback
from decider.recorder.patience import StoreHealth, unless_stopping
from decider.recorder.restorer import Restorer
from decider.recorder.traffic_writer import TrafficWriter
from decider.stores.mongo_recorder_status import MongoRecorderStatus
from decider.stores.redis_event_sink import RedisEventSink
from decider.stores.redis_event_stream import Lag, RedisEventStream
from decider.stores.redis_workers import RedisWorkers

STATUS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class RecorderParts:
    """Everything a status tells of."""

    pump: EventPump
    reader: AccessLogReader
    access_socket: socket.socket
    traffic: TrafficWriter
    restorer: Restorer
    sink: RedisEventSink
    stream: RedisEventStream
    workers: RedisWorkers
    feedback: Feedback
    policy: PolicyReload


class StatusReporter:
    """Writes one document a node, over and over."""

    def __init__(
        self, parts: RecorderParts, status: MongoRecorderStatus, mongo_health: StoreHealth, node: str
    ) -> None:
        self._parts = parts
        self._status = status
        self._mongo_health = mongo_health
        self._node = node
        self._started = datetime.now(UTC)
        self._lag = Lag(0, 0.0)
        self._workers: list[Mapping[str, Any]] = []
        self._redis_reachable = False

    async def run(self, stopping: asyncio.Event) -> None:
        """Report until the recorder stops."""
        while await unless_stopping(stopping, STATUS_SECONDS - time() % STATUS_SECONDS):
            await self._ask_redis()
            try:
                await self._status.write(self._node, self.document())
                self._mongo_health.succeeded()
            except StoreUnavailable as error:
                self._mongo_health.failed(error)

    def document(self) -> dict[str, Any]:
        """The status; what Redis told last while Redis is away. Counts are since ``started``."""
        parts, events = self._parts, self._parts.pump.totals
        drops = kernel_drops(parts.access_socket)
        return {
            "_id": self._node,
            "ts": datetime.now(UTC),
            "started": self._started,
            "pid": os.getpid(),
            "policy_digest": parts.policy.policy.digest,
            "policy_fault": parts.policy.fault,
            "lag_events": self._lag.entries,
            "oldest_pending_seconds": round(self._lag.oldest_seconds, 3),
            "recorded_events": events.recorded,
            "repeated_events": events.repeated,
            "poison_entries": events.poison,
            "trimmed_unread": events.trimmed_unread,
            "trimmed_countable": parts.stream.counts_trimmed,
            "access_lines": parts.reader.lines,
            "malformed_lines": parts.reader.malformed,
            "dropped_datagrams": drops or 0,
            "drops_countable": drops is not None,
            "feedback_counted": parts.feedback.counted,
            "feedback_dropped": parts.feedback.dropped,
            "traffic_seconds_waiting": parts.traffic.waiting,
            "traffic_seconds_lost": parts.traffic.lost,
            "fail_open_running": parts.traffic.episodes.running,
            "own_events_dropped": parts.sink.dropped,
            "restorations": parts.restorer.restorations,
            "redis_reachable": self._redis_reachable,
            "workers": self._workers,
        }

    async def _ask_redis(self) -> None:
        try:
            self._lag = await self._parts.stream.lag()
            self._workers = [asdict(worker) for worker in await self._parts.workers.all()]
            self._redis_reachable = True
        except StoreUnavailable:  # the pump logs it
            self._redis_reachable = False
