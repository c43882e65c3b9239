"""Requests that wait for a trip to Redis: those of one client share one tally, the oldest go first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from decider.core.client_key import ClientKey
from decider.core.counting import Ask
from decider.core.errors import StoreUnavailable
from decider.core.hit import Hit
from decider.core.ports import Told
from decider.core.tally import Tally

LOG = logging.getLogger("decider.counters")

CLIENTS_A_TRIP = 16  # a trip of 0.4 ms: Redis counts the next sixteen while these are judged and answered

Tell = Callable[[Tally | StoreUnavailable], None]


@dataclass(slots=True)
class Waiting:
    """The requests of one client, and whom to tell of its tally."""

    since: float  # of the loop's clock
    hits: bytes = b""
    tell: list[Tell] = field(default_factory=list)


Batch = dict[ClientKey, Waiting]


class RedisQueue:
    """For one event loop."""

    def __init__(self) -> None:
        self._waiting: Batch = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, asks: Sequence[Ask], told: Told, now: float) -> None:
        """One more request, at a moment of the loop's clock; ``told`` is called once, when all its records
        are known or one cannot be."""
        if len(asks) == 1:
            key, hit = asks[0]
            self._add(key, hit, _alone(told), now)
            return
        together = _Together(len(asks), told)
        for place, (key, hit) in enumerate(asks):
            self._add(key, hit, together.taker(place), now)

    def _add(self, key: ClientKey, hit: Hit, tell: Tell, now: float) -> None:
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = Waiting(now)
        waiting.hits += hit.pack()
        waiting.tell.append(tell)

    def next_batch(self) -> Batch:
        """Those that wait longest."""
        if len(self._waiting) <= CLIENTS_A_TRIP:
            batch, self._waiting = self._waiting, {}
            return batch
        return {client: self._waiting.pop(client) for client in list(self._waiting)[:CLIENTS_A_TRIP]}

    def fail_late(self, longest_seconds: float, error: StoreUnavailable) -> None:
        """Nobody waits longer than this for the trips of others."""
        latest = asyncio.get_running_loop().time() - longest_seconds
        late = []
        for client, waiting in self._waiting.items():
            if waiting.since > latest:
                break
            late.append(client)
        tell_all([self._waiting.pop(client) for client in late], error)

    def fail_all(self, error: StoreUnavailable) -> None:
        """Nobody waits any more."""
        waiting, self._waiting = self._waiting, {}
        tell_all(waiting.values(), error)


def _alone(told: Told) -> Tell:
    def tell(known: Tally | StoreUnavailable) -> None:
        told(known if isinstance(known, StoreUnavailable) else (known,))

    return tell


class _Together:
    """Tallies of one request's asks: told when all are there, or at the first that cannot be had."""

    def __init__(self, count: int, told: Told) -> None:
        self._told: Told | None = told
        self._known: list[Tally | None] = [None] * count

    def taker(self, place: int) -> Tell:
        """What takes the tally of one ask."""

        def take(known: Tally | StoreUnavailable) -> None:
            told = self._told
            if told is None:
                return
            if isinstance(known, StoreUnavailable):
                self._told = None
                told(known)
                return
            self._known[place] = known
            tallies = [tally for tally in self._known if tally is not None]
            if len(tallies) == len(self._known):
                self._told = None
                told(tallies)

        return take


def tell(waiting: Waiting, known: Tally | StoreUnavailable) -> None:
    """Tell those who wait for one tally; one who cannot take it keeps nobody else's."""
    for take in waiting.tell:
        try:
            take(known)
        except Exception as error:  # noqa: BLE001  the others of the trip must be told all the same
            LOG.error("telling_failed error=%r", error)


def tell_all(those: Iterable[Waiting], error: StoreUnavailable) -> None:
    """Tell all of these why there is no tally."""
    for waiting in those:
        tell(waiting, error)
