"""The life of a decider worker besides deciding: heartbeat, lists, readiness, Redis coming and going."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import time

from decider.core.deny_cache import Look
from decider.core.errors import StoreUnavailable
from decider.core.security_event import EventKind, SecurityEvent
from decider.core.verdict import Answer
from decider.core.worker_status import WorkerStatus
from decider.decide import Decider
from decider.deny_lease import DenyLease
from decider.heartbeat import prometheus_text
from decider.policy_reload import PolicyReload
from decider.stores.geoip_lookup import GeoLookup
from decider.stores.local_counters import LocalCounters
from decider.stores.redis_bans import RedisBans
from decider.stores.redis_event_sink import RedisEventSink
from decider.stores.redis_lists import RedisLists
from decider.stores.redis_site import RedisSite
from decider.stores.redis_workers import RedisWorkers
from decider.stores.reverse_dns import ReverseDns

LOG = logging.getLogger("decider.worker")

BEAT_SECONDS = 1.0  # heartbeat and list refresh: an operator's action reaches every worker well within 3 s
# Just after a second of the clock has begun, which is when Nginx drops what it keeps: blocks that are decided
# now may be kept the longer, the fresher the lists are (core/deny_cache.py).
BEAT_PHASE_SECONDS = 0.05
GEO_BEATS = 10  # a replaced GeoIP file is noticed within ten seconds


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """Everything a worker keeps alive; built by app.py."""

    decider: Decider
    policy: PolicyReload
    bans: RedisBans
    local: LocalCounters
    events: RedisEventSink
    lists: RedisLists
    lease: DenyLease
    site: RedisSite
    workers: RedisWorkers
    geo: GeoLookup
    reverse_dns: ReverseDns | None
    connect: Callable[[], Awaitable[None]]
    close: Callable[[], Awaitable[None]]
    node: str
    list_dates: Mapping[str, str]


class Worker:
    """Starts and stops with the event loop of the process."""

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts
        self._started = time()
        self._degraded_since = 0.0
        self._degraded_before = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def connect(self) -> None:
        """Before the first request; returns soon, whether Redis is there or not."""
        await self._parts.connect()

    def start(self) -> None:
        """Begin to beat and to deliver events."""
        self._parts.events.start()
        if self._parts.reverse_dns is not None:
            self._parts.reverse_dns.start()
        self._tasks.append(asyncio.create_task(self._beat()))
        self._tasks.append(asyncio.create_task(self._parts.policy.watch()))

    async def stop(self) -> None:
        """Deliver what waits and let go of Redis."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._parts.lease.drop()  # nobody here could call anything back
        if self._parts.reverse_dns is not None:
            await self._parts.reverse_dns.close()
        await self._parts.events.close()
        await self._parts.close()

    def redis_changed(self, available: bool) -> None:
        """Told by the counters: note the episode, and bring bans made meanwhile to Redis when it is back."""
        totals = self._parts.decider.totals
        if available:
            count = totals.degraded_decisions - self._degraded_before
            LOG.warning("degraded_ended decisions=%d seconds=%.1f", count, time() - self._degraded_since)
            self._record(EventKind.DEGRADED_ENDED, count)
            self._degraded_since = 0.0
            self._tasks.append(asyncio.create_task(self._bring_bans()))
        else:
            self._degraded_since, self._degraded_before = time(), totals.degraded_decisions
            LOG.warning("degraded_started redis is away or over its budget; deciding from local counters")
            self._record(EventKind.DEGRADED_STARTED, 0)

    def status(self) -> WorkerStatus:
        """This worker's heartbeat."""
        totals, policy, files = (
            self._parts.decider.totals,
            self._parts.decider.policy,
            self._parts.geo.describe(),
        )
        p50_ms, p99_ms = totals.percentiles()
        return WorkerStatus(
            node=self._parts.node,
            pid=os.getpid(),
            started=self._started,
            ts=time(),
            decisions=totals.answers.total() - totals.answers[Answer.FAIL_OPEN],
            allowed=totals.answers[Answer.ALLOW],
            blocked=totals.answers[Answer.BLOCK],
            would_block=totals.answers[Answer.WOULD_BLOCK],
            malformed=totals.malformed.total(),
            errors=totals.errors,
            degraded_decisions=totals.degraded_decisions,
            shed=totals.shed,
            degraded=self._degraded_since > 0,
            degraded_since=self._degraded_since,
            events_dropped=self._parts.events.dropped,
            p50_ms=p50_ms,
            p99_ms=p99_ms,
            mode=policy.mode.value,
            policy_digest=policy.digest,
            policy_profile=policy.profile,
            policy_fault=self._parts.policy.fault,
            policy_faults=len(self._parts.policy.faults),
            lists_version=self._parts.lists.version,
            list_dates=self._parts.list_dates,
            **files,
        )

    async def ready(self) -> dict[str, str]:
        """Part -> ok, degraded or missing, for /readyz."""
        files = self._parts.geo.describe()
        unknown = [name for name, state in files.items() if state.startswith("unknown")]
        return {
            "redis": "degraded: deciding from local counters" if self._degraded_since else "ok",
            "geo": f"degraded: {', '.join(unknown)} unknown" if unknown else "ok",
            "policy": self._policy_state(),
        }

    def _policy_state(self) -> str:
        digest, fault = self._parts.decider.policy.digest, self._parts.policy.fault
        return f"degraded: {digest} stays in effect: {fault}" if fault else f"ok {digest}"

    async def metrics(self) -> str:
        """Prometheus text of all workers; of this one alone while Redis is away."""
        try:
            return prometheus_text(await self._parts.workers.all())
        except StoreUnavailable:
            return prometheus_text([self.status()])

    async def _beat(self) -> None:
        beats, lists_read_at = 0, 0.0
        while True:
            try:
                if beats % GEO_BEATS == 0:
                    self._parts.geo.refresh()
                reading_since = time()
                await self._parts.lists.refresh()
                lists_read_at = reading_since
                self._parts.lease.renew(self._known_to_lease())
                self._parts.decider.look = Look(lists_read_at, self._parts.lease.is_held)
                await self._parts.site.refresh()
                await self._parts.workers.tell(self.status())
            except StoreUnavailable as error:
                self._parts.lease.drop()  # what operators say now does not reach this worker
                self._parts.decider.look = Look(lists_read_at, has_lease=False)
                LOG.debug("beat_missed error=%s", error)
            except Exception as error:  # noqa: BLE001  the outermost loop: a worker without a heart looks dead
                LOG.error("beat_error error=%r", error)
            beats += 1
            await asyncio.sleep(BEAT_SECONDS - (time() - BEAT_PHASE_SECONDS) % BEAT_SECONDS)

    def _known_to_lease(self) -> str:
        """What a kept block depends on besides its own client."""
        policy = self._parts.decider.policy
        return f"{self._parts.lists.lifts} {policy.digest} {policy.mode.value}"

    async def _bring_bans(self) -> None:
        for client, ban in self._parts.local.running_bans():
            try:
                await self._parts.bans.restore(client, ban)
            except StoreUnavailable:
                return

    def _record(self, kind: EventKind, count: int) -> None:
        self._parts.events.record(SecurityEvent(kind=kind, ts=time(), node=self._parts.node, count=count))
