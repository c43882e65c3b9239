"""One request end to end: who is it, what does the operator say, count, judge, record.

The failure policy lives here: while Redis is away the same records are kept in the worker's own memory, and
bans that the worker has seen go on to hold.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace

from decider.core.ban_event import BanCase, ban_event
from decider.core.client_key import ClientKey
from decider.core.counting import Prepared
from decider.core.deny_cache import Keeping, Look, keeping
from decider.core.errors import StoreUnavailable
from decider.core.policy import Policy
from decider.core.ports import BanStore, Counters, EventSink, GeoLookup, LocalStore
from decider.core.request_facts import RequestFacts
from decider.core.score import sentence
from decider.core.tally import Tally
from decider.core.verdict import (
    ALLOW_LISTED,
    NOBODY,
    OVERLOADED,
    Answer,
    Standing,
    Verdict,
    banned,
    malformed,
)
from decider.engine import Engine
from decider.knowledge import Knowledge
from decider.new_ban import start_ban
from decider.worker_totals import WorkerTotals

OperatorLists = Callable[[ClientKey], tuple[str, float | None] | None]
Answered = Callable[[Verdict], None]

LOG = logging.getLogger("decider.decide")


@dataclass(frozen=True, slots=True)
class Stores:
    """What the decider asks: shared counters and bans, their local stand-in, places, operators' lists.

    ``lists`` answers (``allow`` or ``deny``, until or None) for a client an operator has listed.
    """

    counters: Counters
    bans: BanStore
    local: LocalStore
    geo: GeoLookup
    events: EventSink
    lists: OperatorLists


class Decider:
    """``clock`` tells epoch seconds, for what a worker counts alone; verdicts go by Redis's clock."""

    def __init__(
        self,
        policy: Policy,
        knowledge: Knowledge,
        stores: Stores,
        node: str,
        clock: Callable[[], float],
    ) -> None:
        self._stores = stores
        self._knowledge = knowledge
        self._node = node
        self._clock = clock
        self._starting: set[asyncio.Task[None]] = set()
        self.totals = WorkerTotals()
        self.look = Look(0.0, has_lease=False)  # kept by the worker
        self.use_policy(policy)

    @property
    def policy(self) -> Policy:
        """The policy that is judged by."""
        return self._engine.policy

    def use_policy(self, policy: Policy) -> None:
        """Judge by this policy from the next request on."""
        self._engine = Engine(policy, self._knowledge, self._country_of)

    def decide(self, facts: RequestFacts, answer: Answered) -> None:
        """Give the verdict on one request to ``answer``, once, now or when it has been counted.

        Callbacks and no coroutine, which would cost a task and futures for each request (docs/benchmark.md).
        """
        engine = self._engine
        standing = self._standing(facts.client)
        if standing.listed == "allow":
            self._stores.local.forget(facts.client)  # listing it has lifted its ban, here too
            answer(ALLOW_LISTED)
            return
        prepared = engine.prepare(facts, self._clock())

        def told(known: Sequence[Tally] | StoreUnavailable) -> None:
            try:
                tallies = self._tallies(prepared, known)
                verdict = engine.judge(prepared, tallies, standing)
                if isinstance(known, StoreUnavailable):
                    verdict = _degraded(verdict)
            except Exception as error:  # noqa: BLE001  who asks must be answered
                answer(self.decide_after_error(error))
                return
            if verdict.new_ban is None:
                answer(verdict)
            else:
                self._start_ban_then(self._start_ban(engine, prepared, tallies, verdict), verdict, answer)

        self._stores.counters.count_then(prepared.asks, told)

    def shed(self, facts: RequestFacts) -> Verdict:
        """The answer when there is no time to decide: bans known here hold, everyone else passes undecided.

        Nginx is told that this is no decision, so a route that must fail closed refuses.
        """
        self.totals.shed += 1
        standing = self._standing(facts.client)
        if standing.listed != "allow":
            tally = self._stores.local.peek(facts.client)
            if tally.record.ban_until * 1000 > tally.now_ms and tally.record.ban_enforced:
                return _degraded(banned(tally, self.policy.mode, tally.now_ms / 1000))
        return OVERLOADED

    def keeping(self, verdict: Verdict) -> Keeping:
        """How long Nginx may repeat this block by itself."""
        most, left = self.policy.deny_cache_seconds, verdict.retry_after_seconds
        look = self.look._replace(is_degraded=verdict.is_degraded)
        return keeping(most, self._clock(), look, left, self.totals.answers[Answer.BLOCK])

    def decide_malformed(self, code: str) -> Verdict:
        """The policy's answer to a subrequest that no facts can be read from; counted by its code."""
        self.totals.malformed[code] += 1
        return malformed(self.policy)

    def decide_after_error(self, error: Exception) -> Verdict:
        """The policy's answer where our own code failed: never a 5xx that would open Nginx's breaker."""
        LOG.error("decision_error error=%r", error)
        self.totals.errors += 1
        return malformed(self.policy)

    def _standing(self, client: ClientKey) -> Standing:
        listing = self._stores.lists(client)
        return NOBODY if listing is None else Standing(listing[0], listing[1])

    def _tallies(self, prepared: Prepared, known: Sequence[Tally] | StoreUnavailable) -> Sequence[Tally]:
        """What the store tells, or the worker's own counters where it tells nothing."""
        client, stores = prepared.facts.client, self._stores
        if isinstance(known, StoreUnavailable):
            self.totals.degraded_decisions += 1
            return stores.local.count_all_now(prepared.asks)
        tallies, tally = known, known[0]
        if tally.record.ban_until * 1000 > tally.now_ms:
            stores.local.remember(client, tally.record)
        elif tally.record.hold_until * 1000 > tally.now_ms:
            stores.local.forget(client)
        elif prepared.visitor is not None and tallies[-1].record.ban_until * 1000 > tally.now_ms:
            stores.local.remember(client, tally.record)
            stores.local.remember(prepared.visitor, tallies[-1].record)
        return tallies

    def _country_of(self, address: str) -> str:
        return self._stores.geo.find(address).country

    def _start_ban_then(self, ban: Coroutine[None, None, None], verdict: Verdict, answer: Answered) -> None:
        """Start a ban and answer; the task is kept, or it might be collected before it is done."""

        async def start() -> None:
            try:
                await ban
            except Exception as error:  # noqa: BLE001  who asks must be answered
                answer(self.decide_after_error(error))
            else:
                answer(verdict)

        task = asyncio.get_running_loop().create_task(start())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _start_ban(
        self, engine: Engine, prepared: Prepared, tallies: Sequence[Tally], verdict: Verdict
    ) -> None:
        ban, visitor = verdict.new_ban, verdict.banned_visitor
        if ban is None:
            return
        client, tally, stores = prepared.facts.client, tallies[0], self._stores
        if await start_ban(stores.bans, stores.local, prepared, tallies, verdict):
            scope = "address" if visitor is None else visitor.scope
            words = sentence(engine.evidence(prepared, tallies, visitor), verdict.reasons)
            case = BanCase(
                prepared.facts, prepared.classified, tally, ban, verdict.score, verdict.reasons, scope
            )
            stores.events.record(ban_event(case, stores.geo.find(client.text), words, self._node))


def _degraded(verdict: Verdict) -> Verdict:
    """Only of a block does anybody ask; most verdicts are one and the same object, and stay it."""
    return replace(verdict, is_degraded=True) if verdict.answer is Answer.BLOCK else verdict
