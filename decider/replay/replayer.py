"""Runs logged requests through the real engine over a virtual clock, gives answers back afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_network
from typing import NamedTuple

from decider.core.client_key import ClientKey, client_key
from decider.core.errors import MalformedRequest
from decider.core.membership import build_membership
from decider.core.network_list import Listing, ListName, NetworkLists, policy_listings
from decider.core.policy import Network
from decider.core.request_facts import RequestFacts
from decider.core.request_traits import host_of
from decider.core.security_event import Reason
from decider.core.subnet_offenders import SubnetOffenders
from decider.core.tally import Tally
from decider.core.verdict import NOBODY, Answer, Standing, Verdict
from decider.engine import Engine
from decider.replay.logged_request import LoggedRequest
from decider.stores.local_counters import LocalCounters

CLIENTS_KEPT = 100_000  # records, the least recently seen forgotten beyond: about 120 MB


class Decision(NamedTuple):
    """What the engine says to one logged request."""

    request: LoggedRequest
    is_blocked: bool
    score: float
    reasons: tuple[Reason, ...]
    is_new_ban: bool
    had_good_outcome: bool


class Replayer:
    """One replay. Its clock stands at the time of the request at hand.

    ``hosts`` are the site's own; requests from ``exempt`` networks are counted, and judged as the engine's
    policy says.
    """

    def __init__(self, engine: Engine, hosts: tuple[str, ...], exempt: Sequence[Network] = ()) -> None:
        self._engine = engine
        self._hosts = frozenset(hosts)
        self._main_host = hosts[0] if hosts else ""
        self._has_exempt, self._is_exempt = bool(exempt), build_membership(exempt)
        self._now_ms = 0.0
        memory = engine.policy.ban.memory_seconds
        self._counters = LocalCounters(lambda: self._now_ms, CLIENTS_KEPT, memory)
        self._lists = NetworkLists(policy_listings(engine.policy))
        self._subnets = SubnetOffenders()
        self.exempt_requests = 0
        self.bad_addresses = 0

    def run(self, requests: Iterable[LoggedRequest]) -> Iterator[Decision]:
        """Decide every request in turn."""
        for request in requests:
            self._now_ms = max(self._now_ms, 1000.0 * request.time)
            try:
                facts = self._facts(request)
            except MalformedRequest:
                self.bad_addresses += 1
                continue
            yield self._decide(request, facts)

    def _decide(self, request: LoggedRequest, facts: RequestFacts) -> Decision:
        engine, counters = self._engine, self._counters
        prepared = engine.prepare(facts, self._now_ms / 1000)
        standing = self._standing(facts)
        if standing.listed == "allow":
            return Decision(request, False, 0.0, (), False, False)
        tallies = counters.count_all_now(prepared.asks)
        verdict = engine.judge(prepared, tallies, standing)
        is_new_ban = False
        if verdict.new_ban is not None:
            is_new_ban = self._start_ban(facts.client, verdict, tallies)
        if verdict.answer is not Answer.BLOCK:
            hit = engine.answer_hit(prepared, request.status, request.size)
            has_outcome = hit.is_outcome
            if has_outcome or prepared.traits.is_guided:
                self._subnets.note_good(facts.client, self._now_ms / 1000, has_outcome)
            learns = engine.learns_from(prepared)
            tally = counters.count_now(facts.client, hit) if hit.changes or learns else tallies[0]
            if learns:
                counters.count_all_now(engine.learn(prepared, request.status, request.size, tally))
        return self._decision(request, verdict, is_new_ban, bool(tallies[0].record.outcome_at))

    def _start_ban(self, client: ClientKey, verdict: Verdict, tallies: Sequence[Tally]) -> bool:
        ban, visitor, counters = verdict.new_ban, verdict.banned_visitor, self._counters
        if ban is None:
            return False
        if visitor is None:
            started = counters.start_now(client, ban, tallies[0].record.ban_count)[1]
            if started and ban.enforced:
                self._note_offender(client)
            return started
        count = tallies[-1].record.ban_count
        return counters.start_visitor_now(client, visitor, ban, count, int(self._now_ms / 1000))[2]

    def _note_offender(self, client: ClientKey) -> None:
        now, policy = self._now_ms / 1000, self._engine.policy.ban
        ban = self._subnets.note_ban(client, policy, now)
        if ban is not None:
            note = self._subnets.sentence(client.subnet, now)
            listing = Listing(
                ListName.DENY, ip_network(client.subnet), note, "decider", now, float(ban.until)
            )
            running = (one for one in self._lists.listings if one.is_running(now))
            self._lists = NetworkLists((*running, listing))

    def _decision(self, request: LoggedRequest, verdict: Verdict, is_new_ban: bool, good: bool) -> Decision:
        is_blocked = verdict.answer is Answer.BLOCK
        return Decision(request, is_blocked, verdict.score, verdict.reasons, is_new_ban and is_blocked, good)

    def _standing(self, facts: RequestFacts) -> Standing:
        if self._has_exempt:
            self.exempt_requests += self._is_exempt(facts.client.address)
        if not self._lists.listings:
            return NOBODY
        listing = self._lists.find(facts.client.address, self._now_ms / 1000)
        if listing is None:
            return NOBODY
        return Standing(listing.list_name.value, listing.until)

    def _facts(self, request: LoggedRequest) -> RequestFacts:
        host = request.host
        if not host:
            referer_host = host_of(request.referer)
            host = referer_host if referer_host in self._hosts else self._main_host
        return RequestFacts(
            client_key(request.address),
            method=request.method,
            target=request.target,
            host=host,
            user_agent=request.user_agent,
            referer=request.referer,
            session=request.session,
            has_headers=False,
        )
