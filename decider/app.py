"""The composition root of the decider: settings and policy in, a Falcon ASGI app out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from time import monotonic, time
from typing import Any

import falcon.asgi

from decider.core.errors import FaultyInput
from decider.core.network_list import policy_listings
from decider.core.policy import Policy
from decider.decide import Decider, Stores
from decider.deny_lease import DenyLease
from decider.knowledge import load_knowledge
from decider.policy_memory import PolicyMemory
from decider.policy_reload import PolicyReload, load_or_recall
from decider.settings import Settings, split_address
from decider.stores.dns_resolver import DnsResolver
from decider.stores.geoip_lookup import GeoLookup
from decider.stores.local_counters import LocalCounters
from decider.stores.redis_bans import RedisBans
from decider.stores.redis_connection import background_connection, counting_connection
from decider.stores.redis_counters import RedisCounters
from decider.stores.redis_event_sink import RedisEventSink
from decider.stores.redis_lists import RedisLists
from decider.stores.redis_site import RedisSite
from decider.stores.redis_workers import RedisWorkers
from decider.stores.reverse_dns import ReverseDns
from decider.web.decision_resource import DecisionResource
from decider.web.decisions import Decisions
from decider.web.health_resource import LivenessResource, MetricsResource, ReadinessResource
from decider.web.outbox import Outbox
from decider.worker import Worker, WorkerParts

EXIT_CANNOT_START = 4  # gunicorn's APP_LOAD_ERROR: its master stops instead of starting worker after worker


def create_app_or_exit(environment: Mapping[str, str]) -> DeciderApp:
    """The app of this environment; every fault on a line of its own and exit where there are any."""
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s", level=logging.WARNING)
    try:
        settings = Settings.from_environment(environment)
        memory = PolicyMemory.inherited(environment)
        policy, faults = load_or_recall(settings.policy_source, memory)
        return create_app(settings, policy, memory, faults)
    except FaultyInput as error:
        for fault in error.faults:
            print(f"decider: {fault}", file=sys.stderr)  # noqa: T201  the operator reads this, no log does
        sys.exit(EXIT_CANNOT_START)


def create_app(
    settings: Settings, policy: Policy, memory: PolicyMemory, policy_faults: tuple[str, ...] = ()
) -> DeciderApp:
    """Build the stores, inject them, add the routes. Redis need not be there yet.

    ``policy_faults`` are those of a file that could not be taken over while ``policy`` is the one before.
    """
    counting = counting_connection(settings.redis_url)
    background = background_connection(settings.redis_url)
    memory_seconds = policy.ban.memory_seconds
    counters = RedisCounters(counting, settings.redis_shards, memory_seconds)
    bans = RedisBans(counting, settings.redis_shards, memory_seconds)
    local = LocalCounters(lambda: float(int(time() * 1000)), ban_memory_seconds=memory_seconds, packed=True)
    events = RedisEventSink(background)
    geo = GeoLookup(settings.geoip_country_db, settings.geoip_asn_db, settings.geoip_city_db)
    lists = RedisLists(background, time, policy_listings(policy))
    stores = Stores(counters, bans, local, geo, events, lists.find)
    reverse_dns = _reverse_dns(settings.dns)
    knowledge = load_knowledge(reverse_dns.confirmed) if reverse_dns else load_knowledge()
    decider = Decider(policy, knowledge, stores, settings.node, time)

    def use_policy(policy: Policy) -> None:
        decider.use_policy(policy)
        lists.use_always(policy_listings(policy))
        for store in (counters, bans, local):
            store.ban_memory_seconds = policy.ban.memory_seconds

    reload = PolicyReload(settings.policy_source, policy, use_policy, memory, policy_faults)

    async def close() -> None:
        await counters.close()
        await background.aclose()

    workers, site = RedisWorkers(background), RedisSite(background, knowledge.traits.site)
    worker = Worker(
        WorkerParts(
            decider=decider,
            policy=reload,
            bans=bans,
            local=local,
            events=events,
            lists=lists,
            lease=DenyLease(settings.deny_lease, monotonic),
            site=site,
            workers=workers,
            geo=geo,
            reverse_dns=reverse_dns,
            connect=counters.connect,
            close=close,
            node=settings.node,
            list_dates=knowledge.dates,
        )
    )
    counters.on_change = worker.redis_changed
    app = DeciderApp(Decisions(decider, settings.allow_status), worker)
    app.add_route("/healthz", LivenessResource())
    app.add_route("/readyz", ReadinessResource(worker.ready))
    app.add_route("/metrics", MetricsResource(worker.metrics))
    return app


def _reverse_dns(setting: str) -> ReverseDns | None:
    """None where the operator turned it off: crawlers without published networks stay unconfirmed."""
    if setting == "off":
        return None
    return ReverseDns(DnsResolver(split_address(setting) if setting else None), monotonic)


class DeciderApp(falcon.asgi.App[Any, Any]):
    """The app; ``decisions`` and ``outbox`` are for the worker's protocol, which decides without the app."""

    def __init__(self, decisions: Decisions, worker: Worker) -> None:
        super().__init__(middleware=[_Lifespan(worker)])
        self.decisions = decisions
        self.outbox = Outbox()
        self.add_route("/v1/decide", DecisionResource(decisions))


class _Lifespan:
    """Ties the worker to the event loop of its process."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        await self._worker.connect()
        self._worker.start()

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        await self._worker.stop()
