"""One request end to end: who is it, what does the operator say, count, judge, record.

The failure policy lives here: while Redis is away the same records are kept in the worker's own memory, and
bans that the worker has seen go on to hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from decider.core.ban_event import BanCase, ban_event
from decider.core.client_key import Address
from decider.core.client_record import Tally, hit_for
from decider.core.errors import StoreUnavailable
from decider.core.evidence import Evidence
from decider.core.membership import build_membership
from decider.core.policy import Policy
from decider.core.ports import BanStore, Counters, EventSink, GeoLookup, LocalStore
from decider.core.request_facts import RequestFacts
from decider.core.route import Classified, build_classifier
from decider.core.score import sentence
from decider.core.verdict import ALLOW_LISTED, Standing, Verdict, judge, malformed
from decider.worker_totals import WorkerTotals

OperatorLists = Callable[[Address], tuple[str, float | None] | None]


@dataclass(frozen=True, slots=True)
class Stores:
    """What the decider asks: shared counters and bans, their local stand-in, places, and where events go."""

    counters: Counters
    bans: BanStore
    local: LocalStore
    geo: GeoLookup
    events: EventSink


class Decider:
    """``lists`` answers (``allow`` or ``deny``, until or None) for an address an operator has listed."""

    def __init__(self, policy: Policy, stores: Stores, lists: OperatorLists, node: str) -> None:
        self._stores = stores
        self._lists = lists
        self._node = node
        self.totals = WorkerTotals()
        self.use_policy(policy)

    def use_policy(self, policy: Policy) -> None:
        """Judge by this policy from the next request on."""
        self.policy = policy
        self._classify = build_classifier(policy)
        self._is_exempt = build_membership(policy.ban.exempt)

    async def decide(self, facts: RequestFacts) -> Verdict:
        """The verdict on one request. Never raises for anything a client can send or a store can do."""
        standing = self._standing(facts.client.address)
        if standing.listed == "allow":
            return ALLOW_LISTED
        classified = self._classify(facts.method, facts.target, facts.fetch_destination)
        tally = await self._count(facts, classified)
        verdict = judge(standing, tally, classified.mode, self.policy)
        if verdict.new_ban is not None:
            case = BanCase(facts, classified, tally, verdict.new_ban, verdict.score, verdict.reasons)
            await self._start_ban(case)
        return verdict

    def decide_malformed(self, code: str) -> Verdict:
        """The policy's answer to a subrequest that no facts can be read from; counted by its code."""
        self.totals.malformed[code] += 1
        return malformed(self.policy)

    def decide_after_error(self) -> Verdict:
        """The policy's answer where our own code failed: never a 5xx that would open Nginx's breaker."""
        self.totals.errors += 1
        return malformed(self.policy)

    def _standing(self, address: Address) -> Standing:
        listing = self._lists(address)
        if listing is None:
            return Standing(exempt=self._is_exempt(address))
        return Standing(listing[0], listing[1], self._is_exempt(address))

    async def _count(self, facts: RequestFacts, classified: Classified) -> Tally:
        hit = hit_for(classified.route_class, facts.request_id)
        try:
            tally = await self._stores.counters.count(facts.client, hit)
        except StoreUnavailable:
            self.totals.degraded_decisions += 1
            return await self._stores.local.count(facts.client, hit)
        if tally.record.ban_until * 1000 > tally.now_ms:
            self._stores.local.remember(facts.client, tally.record)
        elif tally.record.hold_until * 1000 > tally.now_ms:
            self._stores.local.forget(facts.client)
        return tally

    async def _start_ban(self, case: BanCase) -> None:
        client, expected = case.facts.client, case.tally.record.ban_count
        try:
            after, started = await self._stores.bans.start(client, case.ban, expected)
            self._stores.local.remember(client, after.record)
        except StoreUnavailable:
            _, started = await self._stores.local.start(client, case.ban, expected)
        if started:
            words = sentence(Evidence(case.tally, self.policy.cost), case.reasons)
            geo = self._stores.geo.find(str(client.address))
            self._stores.events.record(ban_event(case, geo, words, self._node))
