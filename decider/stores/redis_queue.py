"""Requests that wait for a trip to Redis: those of one client share one answer, the oldest go first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from decider.core.client_key import ClientKey
from decider.core.errors import StoreUnavailable
from decider.core.hit import Hit
from decider.core.tally import Tally

CLIENTS_A_TRIP = 16  # a trip of 0.4 ms: Redis counts the next sixteen while these are judged and answered


@dataclass(slots=True)
class Waiting:
    """The requests of one client, and the answer they share."""

    answer: asyncio.Future[Tally]
    since: float  # of the loop's clock
    hits: bytearray = field(default_factory=bytearray)


Batch = dict[ClientKey, Waiting]


class RedisQueue:
    """For one event loop."""

    def __init__(self) -> None:
        self._waiting: Batch = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, key: ClientKey, hit: Hit) -> asyncio.Future[Tally]:
        """One more request; gives its answer."""
        waiting = self._waiting.get(key)
        if waiting is None:
            loop = asyncio.get_running_loop()
            waiting = self._waiting[key] = Waiting(loop.create_future(), loop.time())
        waiting.hits += hit.pack()
        return waiting.answer

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
        fail([self._waiting.pop(client) for client in late], error)

    def fail_all(self, error: StoreUnavailable) -> None:
        """Nobody waits any more."""
        waiting, self._waiting = self._waiting, {}
        fail(waiting.values(), error)


def fail(those: Iterable[Waiting], error: StoreUnavailable) -> None:
    """Answer with this error where there is no answer yet."""
    for waiting in those:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
