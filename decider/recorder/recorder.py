"""The composition root of the recorder: stores built and handed out, loops started, kept alive, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from time import time

from decider.core.errors import StoreUnavailable
from decider.core.policy import Policy
from decider.core.route import build_classifier
from decider.engine import Engine
from decider.knowledge import Knowledge
from decider.policy_reload import PolicyReload
from decider.recorder.access_log_reader import AccessLogReader, LineContext
from decider.recorder.event_pump import EventPump, EventStores
from decider.recorder.feedback import Feedback
from decider.recorder.housekeeping import Housekeeping, Retention
from decider.recorder.log_line import log_line
from decider.recorder.patience import StoreHealth, unless_stopping
from decider.recorder.restorer import Restorer, RestoreStores
from decider.recorder.settings import RecorderSettings
from decider.recorder.status_reporter import RecorderParts, StatusReporter
from decider.recorder.subnet_bans import SubnetBans
from decider.recorder.traffic_rollups import TrafficRollups
from decider.recorder.traffic_writer import TrafficWriter
from decider.stores.geoip_lookup import GeoLookup
from decider.stores.mongo_connection import connect
from decider.stores.mongo_events import MongoEvents
from decider.stores.mongo_lists import MongoLists
from decider.stores.mongo_recorder_status import MongoRecorderStatus
from decider.stores.mongo_traffic import MongoTraffic
from decider.stores.mongo_traffic_rollups import MongoTrafficRollups
from decider.stores.redis_bans import RedisBans
from decider.stores.redis_connection import background_connection, counting_connection
from decider.stores.redis_counters import RedisCounters
from decider.stores.redis_event_sink import RedisEventSink
from decider.stores.redis_event_stream import RedisEventStream
from decider.stores.redis_lists import RedisLists
from decider.stores.redis_restored_marker import RedisRestoredMarker
from decider.stores.redis_site import RedisSite
from decider.stores.redis_workers import RedisWorkers

LOG = logging.getLogger("decider.recorder")

FINISH_SECONDS = 1.2  # for the batch in flight; a supervisor expects the whole end within three
FLUSH_SECONDS = 0.4  # for the last second of traffic
CLOSE_SECONDS = 0.2  # for each parting word; the driver would look two seconds for a MongoDB to say it to
FEEDBACK_BUDGET_SECONDS = 1.0  # nobody waits for an answer to be counted
READY_SECONDS = 1.0  # collections are made within a tenth of that
AFTER_ERROR_SECONDS = 1.0  # before a loop that failed in a way nobody foresaw starts again

Loop = Callable[[asyncio.Event], Awaitable[None]]


class Recorder:
    """``access_socket`` is bound already, so that lines wait in it while the rest starts."""

    def __init__(
        self, settings: RecorderSettings, policy: Policy, knowledge: Knowledge, access_socket: socket.socket
    ) -> None:
        engine = Engine(policy, knowledge)
        self._knowledge = knowledge
        self._classify = build_classifier(policy)
        self._reload = PolicyReload(settings.shared.policy_source, policy, self._use_policy)
        node, redis = settings.shared.node, background_connection(settings.shared.redis_url)
        database = connect(settings.mongodb_uri)
        redis_health, mongo_health = StoreHealth("redis"), StoreHealth("mongodb")
        stream, events, lists = RedisEventStream(redis, node), MongoEvents(database), MongoLists(database)
        self._bans = RedisBans(redis, settings.shared.redis_shards, policy.ban.memory_seconds)
        self._sink = RedisEventSink(redis)
        self._reader = AccessLogReader(access_socket, self._line_context(settings))
        self._traffic = TrafficWriter(
            self._reader.take_before, MongoTraffic(database), self._sink, mongo_health, node
        )
        self._rollups = rollups = TrafficRollups(
            MongoTrafficRollups(database, node),
            mongo_health,
            node,
            min(settings.keep_traffic, settings.keep_traffic_minutes),
        )
        self._traffic.on_written = rollups.note_written
        self._counters = counters = RedisCounters(
            counting_connection(settings.shared.redis_url),
            settings.shared.redis_shards,
            policy.ban.memory_seconds,
            budget_seconds=FEEDBACK_BUDGET_SECONDS,
        )
        self._feedback = feedback = Feedback(
            engine,
            counters,
            RedisSite(redis, engine.site),
            self._reader.add_harm,
        )
        self._reader.on_line = feedback.note
        pump = EventPump(EventStores(stream, events, lists, self._sink, redis_health, mongo_health), node)
        self._subnets = SubnetBans(RedisLists(redis, time), self._sink, policy.ban, node)
        pump.on_event, feedback.on_good = self._subnets.note_event, self._subnets.note_good
        restorer = Restorer(
            RestoreStores(
                marker=RedisRestoredMarker(redis),
                stream=stream,
                redis_lists=RedisLists(redis, time),
                bans=self._bans,
                events=events,
                mongo_lists=lists,
                sink=self._sink,
                mongo_health=mongo_health,
            ),
            pump,
            node,
        )
        parts = RecorderParts(
            pump=pump,
            reader=self._reader,
            access_socket=access_socket,
            traffic=self._traffic,
            restorer=restorer,
            sink=self._sink,
            stream=stream,
            workers=RedisWorkers(redis),
            feedback=feedback,
            policy=self._reload,
        )
        retention = Retention(
            settings.keep_events,
            settings.keep_traffic,
            settings.keep_traffic_minutes,
            settings.keep_traffic_hours,
        )
        housekeeping = Housekeeping(database, stream, retention)
        reporter = StatusReporter(parts, MongoRecorderStatus(database), mongo_health, node)
        self._ready = housekeeping.ready
        self._loops: dict[str, Loop] = {
            "events": pump.run,
            "traffic_clock": self._traffic.run_clock,
            "traffic_writes": self._once_ready(self._traffic.run_writes),
            "traffic_rollups": self._once_ready(rollups.run),
            "restore": restorer.run,
            "feedback": feedback.run,
            "subnets": self._subnets.run,
            "status": self._once_ready(reporter.run),
            "housekeeping": housekeeping.run,
            "policy": self._watch_policy,
        }
        self._closers: tuple[Callable[[], Awaitable[None]], ...] = (
            counters.close,
            redis.aclose,
            database.client.close,
        )

    def _once_ready(self, loop: Loop) -> Loop:
        """The loop, after its collections were made; a MongoDB that is away is not waited for."""

        async def run(stopping: asyncio.Event) -> None:
            await _within(READY_SECONDS, self._ready.wait())
            await loop(stopping)

        return run

    def _line_context(self, settings: RecorderSettings) -> LineContext:
        shared = settings.shared
        geo = GeoLookup(shared.geoip_country_db, None, shared.geoip_city_db)
        return LineContext(
            country_of=lambda address: geo.find(address).country,
            route_of=lambda method, target: self._classify(method, target, "").route,
            refresh=geo.refresh,
        )

    def _use_policy(self, policy: Policy) -> None:
        """Routes, outcomes and ban memory of a new policy, from the next line on."""
        self._classify = build_classifier(policy)
        self._feedback.engine = Engine(policy, self._knowledge)
        self._subnets.policy = policy.ban
        self._counters.ban_memory_seconds = self._bans.ban_memory_seconds = policy.ban.memory_seconds

    async def _watch_policy(self, stopping: asyncio.Event) -> None:
        watch = asyncio.create_task(self._reload.watch())
        await stopping.wait()
        watch.cancel()

    async def run(self, stopping: asyncio.Event) -> None:
        """Record until ``stopping`` is set, then finish what is in flight and write what is open."""
        self._reader.start()
        self._sink.start()
        tasks = [asyncio.create_task(_kept_alive(name, loop, stopping)) for name, loop in self._loops.items()]
        await stopping.wait()
        await asyncio.to_thread(self._reader.stop)
        _, late = await asyncio.wait(tasks, timeout=FINISH_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await self._flush()
        for close in self._closers:
            await _within(CLOSE_SECONDS, close())

    async def _flush(self) -> None:
        last = self._reader.open_second
        self._traffic.finish(last)
        await _within(FLUSH_SECONDS, self._write_traffic())
        if self._traffic.waiting:
            LOG.warning(log_line("traffic_seconds_lost", count=self._traffic.waiting, reason="stopped"))
        # now, because a next recorder may have another node's name and roll up only that
        with contextlib.suppress(StoreUnavailable):
            await _within(FLUSH_SECONDS, self._rollups.roll_up())
        await _within(FLUSH_SECONDS, self._sink.close())
        # the second just written must have begun before a next recorder may write the one after it
        await asyncio.sleep(max(last - time(), 0.0))

    async def _write_traffic(self) -> None:
        while self._traffic.waiting and await self._traffic.write_some():
            pass


async def _within(seconds: float, step: Awaitable[object]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await step


async def _kept_alive(name: str, loop: Loop, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        try:
            await loop(stopping)
        except Exception as error:  # the outermost loop: what one loop stumbles over must not stop the others
            LOG.exception(log_line("loop_failed", loop=name, error=repr(error)))
            await unless_stopping(stopping, AFTER_ERROR_SECONDS)
