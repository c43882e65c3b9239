"""The engine: policy and knowledge put together. What live decisions and replay share, without any store.

prepared = engine.prepare(facts, now_seconds)
tallies  = count(prepared.asks)            # Redis, or a worker's own memory
verdict  = engine.judge(prepared, tallies, standing)
tally    = count(engine.answer_hit(prepared, status, size))    # once the site has answered
asks     = engine.learn(prepared, status, size, tally)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from decider.core.busy_subnets import BusySubnets
from decider.core.client_key import ClientKey
from decider.core.counting import Ask, Prepared, answer_hit, counted_alone, is_clean, login_asks, prepare
from decider.core.crawler import Claim
from decider.core.evidence import NOTHING_AROUND, Around, Evidence
from decider.core.hit import Hit
from decider.core.membership import build_membership
from decider.core.origin import Origin
from decider.core.policy import Policy, RouteClass
from decider.core.probe_catalogue import ProbeLevel
from decider.core.relevance import Relevance
from decider.core.request_facts import RequestFacts
from decider.core.request_traits import RequestTraits
from decider.core.score import Score, Scorer
from decider.core.shared_addresses import SharedAddresses
from decider.core.site_knowledge import SiteKnowledge
from decider.core.tally import Tally
from decider.core.verdict import ALLOWED, NOBODY, Case, Cause, Standing, Verdict, judge
from decider.core.visitor import Visitor, browses, visitor_key
from decider.knowledge import Knowledge
from decider.request_kinds import RequestKinds

CountryOf = Callable[[str], str]


class Engine:
    """One policy's engine; build another for another policy. ``country_of`` answers ISO-2 codes."""

    def __init__(
        self, policy: Policy, knowledge: Knowledge, country_of: CountryOf = lambda _address: ""
    ) -> None:
        self.policy = policy
        self._country_of = country_of
        self._knowledge = knowledge
        self._score = Scorer(policy)
        self._kinds = RequestKinds(policy, knowledge)
        self._subnets = BusySubnets()
        self._shared = SharedAddresses()
        self._is_exempt = build_membership(policy.ban.exempt)
        self._relevant = Relevance(policy, self._score.signals)
        self._measured: tuple[Tally, RequestTraits, Score] | None = None

    @property
    def site(self) -> SiteKnowledge:
        """What is known of what the site serves."""
        return self._knowledge.traits.site

    def _may_not_be_banned(self, prepared: Prepared) -> bool:
        return prepared.traits.claim is Claim.VERIFIED or self._is_exempt(prepared.facts.client.address)

    def prepare(self, facts: RequestFacts, now_seconds: float) -> Prepared:
        """What a request is and what it will count."""
        kind = self._kinds.of(facts)
        if kind.traits.is_part:
            self.site.note_part(bool(facts.referer), facts.client.name)
        is_busy = kind.classified.route_class is not RouteClass.ASSET and self._subnets.is_busy(
            facts.client.subnet, now_seconds
        )
        visitor = None
        if (facts.session or facts.api_key) and self._shared.is_shared(facts.client.name, now_seconds):
            visitor = visitor_key(facts)
        prepared = prepare(facts, kind, is_busy, visitor)
        if visitor is not None and self._shared.is_banned(visitor.name, now_seconds):
            return counted_alone(prepared)
        return prepared

    def judge(self, prepared: Prepared, tallies: Sequence[Tally], standing: Standing) -> Verdict:
        """The verdict on a request that has been counted; ``tallies`` in the order of its asks."""
        address = tallies[0]
        if prepared.facts.session or prepared.facts.api_key:
            self._shared.note(prepared.facts.client.name, address)
        alone = self._relevant_to(prepared, tallies)
        if alone == () and standing is NOBODY and not (address.record.ban_until or address.record.hold_until):
            return ALLOWED  # most requests of most people

        def measure() -> Score:
            return self._measure(prepared, tallies, alone)

        mode, visitor = prepared.classified.mode, self._visitor(prepared, tallies)
        verdict = judge(standing, Case(address, mode, measure, visitor), self.policy)
        if visitor is not None:
            self._shared.note_visitor(visitor, address, verdict)
        if verdict.cause is not Cause.SCORE or verdict.new_ban is None:
            return verdict
        if self._may_not_be_banned(prepared) or self._is_excused(verdict, address, visitor):
            exempt = Standing(standing.listed, standing.listed_until, exempt=True)
            return judge(exempt, Case(address, mode, measure), self.policy)
        return verdict

    def _relevant_to(self, prepared: Prepared, tallies: Sequence[Tally]) -> tuple[int, ...] | None:
        """The signals that may say something; None: any of them."""
        tally = tallies[0]
        is_plain = tally.now_ms < 1000 * prepared.plain_until
        return self._relevant(tally.record) if is_plain and len(tallies) == 1 else None

    def _measure(
        self, prepared: Prepared, tallies: Sequence[Tally], relevant: tuple[int, ...] | None
    ) -> Score:
        """The score; at once for what shares its tally with the request before and looks the same."""
        tally, traits, last = tallies[0], prepared.traits, self._measured
        if len(tallies) > 1:
            return self._score(self.evidence(prepared, tallies))
        if last is not None and last[0] is tally and last[1] is traits:
            return last[2]
        measured = self._score(self.evidence(prepared, tallies), relevant)
        self._measured = (tally, traits, measured)
        return measured

    def _visitor(self, prepared: Prepared, tallies: Sequence[Tally]) -> Visitor | None:
        key = prepared.visitor
        if key is None:
            return None
        return Visitor(key, tallies[-1], lambda: self._score(self.evidence(prepared, tallies, key)))

    def _is_excused(self, verdict: Verdict, address: Tally, visitor: Visitor | None) -> bool:
        """Whether who asks browses, and another at its address is to be found out first."""
        if visitor is None or verdict.banned_visitor is not None or not browses(visitor.tally):
            return False
        if visitor.measure().value >= self.policy.observe_at:
            return False
        return self._shared.may_excuse(visitor.key, address.now_ms / 1000)

    def evidence(
        self, prepared: Prepared, tallies: Sequence[Tally], visitor: ClientKey | None = None
    ) -> Evidence:
        """All that is known about the request and its client; or, about a visitor, what it did itself."""
        if visitor is not None:
            origin = prepared.facts.client.text
            return Evidence(tallies[-1], self.policy.cost, prepared.traits, lambda: self._origin(origin))
        around = NOTHING_AROUND if len(tallies) == 1 else _around(prepared.asks, tallies)
        client = prepared.facts.client
        return Evidence(
            tallies[0], self.policy.cost, prepared.traits, lambda: self._origin(client.text), around
        )

    def answer_hit(self, prepared: Prepared, status: int, size_bytes: int) -> Hit:
        """What the site's answer adds to the client's record."""
        return answer_hit(prepared, status, not self.site.answers_everything(size_bytes), self.policy)

    @staticmethod
    def learns_from(prepared: Prepared) -> bool:
        """Whether the answer teaches anything beyond the client's own record."""
        target = prepared.traits.target
        return target.is_login or bool(target.script_kind) or target.listed.level is not ProbeLevel.NONE

    def learn(self, prepared: Prepared, status: int, size_bytes: int, tally: Tally) -> tuple[Ask, ...]:
        """What the answer teaches of the site, learned here, and what it adds to other records."""
        target = prepared.traits.target
        if target.script_kind or target.listed.level is not ProbeLevel.NONE:
            self.site.learn(target.path, status, size_bytes, is_clean(tally))
        return login_asks(prepared, status, tally)

    def _origin(self, address: str) -> Origin:
        origin = self._knowledge.origin_of(address)
        if not self.policy.countries:
            return origin
        country = self._country_of(address)
        return replace(origin, country=country, is_named=country in self.policy.countries)


def _around(asks: Sequence[Ask], tallies: Sequence[Tally]) -> Around:
    subnet = logins = None
    for ask, tally in zip(asks[1:], tallies[1:], strict=True):
        if ask.key.scope == "subnet":
            subnet = tally
        elif ask.key.scope == "logins":
            logins = tally
    return Around(subnet, logins)
