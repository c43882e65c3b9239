"""Gives the site's answers back to the counters: what did not exist, what was refused, what was paid.

The access log is the only place that knows how a request ended. Answers weigh on the client's next request,
never on the one they belong to. Requests that Nginx refused by itself, from its deny cache, are counted here,
but for those of a banned visitor, which are not its address's. Blocked clients that had a good outcome within
a day are noted as likely harm.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from time import time
from typing import NamedTuple

from decider.core.access_line import AccessLine, Outcome, main_signal
from decider.core.client_key import ClientKey, client_key
from decider.core.counting import READ_ONLY, Ask, Prepared, cached_deny_hit
from decider.core.errors import MalformedRequest, StoreUnavailable
from decider.core.ports import Counters
from decider.core.record_layout import DAY
from decider.core.request_facts import RequestFacts
from decider.core.tally import Tally
from decider.core.verdict import Cause
from decider.engine import Engine
from decider.recorder.log_line import log_line
from decider.recorder.patience import unless_stopping
from decider.stores.redis_site import RedisSite

LOG = logging.getLogger("decider.recorder")

FLUSH_SECONDS = 0.25  # an answer weighs on what the client asks a moment later
LINES_WAITING = 20_000  # about two seconds of a flood; the oldest are dropped beyond, and counted
# Cached denies of one flush that are counted in their clients' records: 64 a second tell a client's pace, and
# counting 1,000 a second takes a twentieth of a core. The traffic totals count all of them.
DENIES_OF_A_CLIENT = 16
DENIES_A_FLUSH = 256
LINES_A_TRIP = 64  # bounds how long one trip holds up the deciders that share Redis: about 2 ms
PUBLISH_SECONDS = 2.0  # between two tellings of what the site serves, when there is news


class _Answered(NamedTuple):
    line: AccessLine
    prepared: Prepared
    ask: Ask


class Feedback:
    """``note`` is called by the reader's thread, everything else by the event loop. ``on_harm`` is told of
    each blocked request of a client that had a good outcome within a day, ``on_good`` of clients that browse
    or, with True, had a good outcome. ``engine`` may be replaced by one of the same knowledge."""

    def __init__(
        self,
        engine: Engine,
        counters: Counters,
        site: RedisSite,
        on_harm: Callable[[], None],
    ) -> None:
        self.engine = engine
        self._counters = counters
        self._site = site
        self._on_harm = on_harm
        self._lines: deque[AccessLine] = deque()
        self.on_good: Callable[[ClientKey, bool], None] = lambda _client, _has_outcome: None
        self._denies: Counter[str] = Counter()  # by address, and in all, of this flush
        self._denied = 0
        self._published: tuple[Sequence[str], Sequence[str]] = ((), ())
        self._publish_at = 0.0
        self.counted = 0
        self.dropped = 0

    def note(self, line: AccessLine, times: int = 1) -> None:
        """Keep a line that came so often for the next flush."""
        if line.outcome is Outcome.UNGUARDED:
            return
        kept = min(times, LINES_WAITING - len(self._lines))
        if line.from_deny_cache:
            kept = self._room_for_denies(line.address, kept)
        self.dropped += times - kept
        for _ in range(kept):
            self._lines.append(line)

    def _room_for_denies(self, address: str, times: int) -> int:
        denies = self._denies
        counted = min(times, DENIES_OF_A_CLIENT - denies[address], DENIES_A_FLUSH - self._denied)
        if counted > 0:
            denies[address] += counted
            self._denied += counted
        return counted

    async def run(self, stopping: asyncio.Event) -> None:
        """Flush until the recorder stops."""
        while await unless_stopping(stopping, FLUSH_SECONDS):
            try:
                await self._refresh_or_publish()
                await self.flush()
            except StoreUnavailable:  # the pump tells of it
                self.dropped += len(self._lines)  # old answers are worth nothing once Redis is back
                self._lines.clear()

    async def flush(self) -> None:
        """Count what waits. Raises StoreUnavailable."""
        for batch in self._batches():
            tallies = await self._counters.count_all([one.ask for one in batch])
            more: list[Ask] = []
            for one, tally in zip(batch, tallies, strict=True):
                more += self._learn(one, tally)
            if more:
                await self._counters.count_all(more)
            self.counted += len(batch)

    def _batches(self) -> Iterator[list[_Answered]]:
        batch: list[_Answered] = []
        self._denies, self._denied = Counter(), 0
        for _ in range(len(self._lines)):
            answered = self._answered(self._lines.popleft())
            if answered is not None:
                batch.append(answered)
            if len(batch) == LINES_A_TRIP:
                yield batch
                batch = []
        if batch:
            yield batch

    def _answered(self, line: AccessLine) -> _Answered | None:
        """What a line adds; None where it adds nothing."""
        try:
            prepared = self.engine.prepare(_facts(line), time())
        except MalformedRequest:
            return None
        client = prepared.facts.client
        if line.outcome is Outcome.BLOCKED:
            is_clients = line.from_deny_cache and main_signal(line.reasons) != Cause.VISITOR_BAN
            hit = cached_deny_hit(prepared) if is_clients else READ_ONLY
            return _Answered(line, prepared, Ask(client, hit))
        hit = self.engine.answer_hit(prepared, line.status, line.bytes_sent)
        has_outcome = hit.is_outcome
        if has_outcome or prepared.traits.is_guided:
            self.on_good(client, has_outcome)
        if hit.changes or self.engine.learns_from(prepared):
            return _Answered(line, prepared, Ask(client, hit))
        return None

    def _learn(self, one: _Answered, tally: Tally) -> Sequence[Ask]:
        if one.line.outcome is Outcome.BLOCKED:
            if tally.seconds_since(tally.record.outcome_at) <= DAY:
                self._on_harm()
            return ()
        if not self.engine.learns_from(one.prepared):
            return ()
        return self.engine.learn(one.prepared, one.line.status, one.line.bytes_sent, tally)

    async def _refresh_or_publish(self) -> None:
        """A recorder that starts knows what the last one learned."""
        now = time()
        if not self._publish_at:
            await self._site.refresh()
            self._published = self._known
        if now >= self._publish_at:
            self._publish_at = now + PUBLISH_SECONDS
            known = self._known
            if known != self._published:
                await self._site.publish()
                self._published = known
                LOG.info(log_line("site_learned", served=len(known[0]), lacking=len(known[1])))

    @property
    def _known(self) -> tuple[Sequence[str], Sequence[str]]:
        return self.engine.site.served, self.engine.site.lacking


def _facts(line: AccessLine) -> RequestFacts:
    return RequestFacts(
        client_key(line.address),
        method=line.method,
        target=line.target,
        host=line.host,
        user_agent=line.user_agent,
        referer=line.referer,
        has_headers=False,
    )
