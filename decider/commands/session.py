"""What a command works with: settings, policy, and the stores of a running Decider, opened when asked."""

from __future__ import annotations

from functools import cached_property
from time import time

from decider.core.client_key import ClientKey
from decider.core.crawler import CrawlerIdentity
from decider.core.policy import Policy
from decider.crawler_identity import identify
from decider.knowledge import load_crawlers
from decider.operator_actions import OperatorActions, OperatorStores
from decider.settings import Settings, split_address
from decider.stores.dns_resolver import DnsResolver
from decider.stores.geoip_lookup import GeoLookup
from decider.stores.redis_bans import RedisBans
from decider.stores.redis_connection import background_connection
from decider.stores.redis_counters import RedisCounters
from decider.stores.redis_event_writer import RedisEventWriter
from decider.stores.redis_examination import RedisExamination
from decider.stores.redis_lists import RedisLists
from decider.stores.redis_workers import RedisWorkers


class Session:
    """One command's view. Reading ``policy`` raises PolicyError; stores raise StoreUnavailable when asked."""

    def __init__(self, settings: Settings, actor: str) -> None:
        self.settings = settings
        self._actor = actor
        self.redis = background_connection(settings.redis_url)

    @cached_property
    def policy(self) -> Policy:
        """The policy that DECIDER_POLICY, DECIDER_PROFILE and DECIDER_MODE name."""
        return self.settings.policy_source.load()

    @cached_property
    def counters(self) -> RedisCounters:
        """Clients' records."""
        return RedisCounters(self.redis, self.settings.redis_shards, self.policy.ban.memory_seconds)

    @cached_property
    def lists(self) -> RedisLists:
        """Operator lists."""
        return RedisLists(self.redis, time)

    @cached_property
    def examination(self) -> RedisExamination:
        """Redis itself."""
        return RedisExamination(self.redis)

    @cached_property
    def workers(self) -> RedisWorkers:
        """Heartbeats."""
        return RedisWorkers(self.redis)

    @cached_property
    def geo(self) -> GeoLookup:
        """Places."""
        settings = self.settings
        return GeoLookup(settings.geoip_country_db, settings.geoip_asn_db, settings.geoip_city_db)

    @cached_property
    def actions(self) -> OperatorActions:
        """What an operator can do."""
        bans = RedisBans(self.redis, self.settings.redis_shards, self.policy.ban.memory_seconds)
        stores = OperatorStores(self.counters, bans, self.lists, RedisEventWriter(self.redis), self.geo)
        return OperatorActions(stores, self.policy, self._actor, time)

    async def identify(self, client: ClientKey, user_agent: str) -> CrawlerIdentity:
        """Who a client that may call itself a crawler is; without the list of crawlers it claims nothing."""
        dns = self.settings.dns
        resolver = None if dns == "off" else DnsResolver(split_address(dns) if dns else None)
        try:
            crawlers, _ = load_crawlers()
        except (ImportError, OSError, ValueError, KeyError):
            crawlers = ()
        return await identify(client.address, user_agent, crawlers, resolver)

    async def close(self) -> None:
        """Let go of Redis."""
        await self.redis.aclose()
