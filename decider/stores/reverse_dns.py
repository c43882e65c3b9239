"""Who an address is by its own DNS: forward-confirmed reverse DNS, off the hot path and remembered.

An address is confirmed where its PTR name ends with one of the operator's suffixes at a label boundary and
that name's A or AAAA records hold the address again: whoever owns an address writes its PTR as he likes, but
not the zone of the crawler's operator (Google, "Verify requests from Google crawlers", describes the method).

``confirmed`` only looks at what is known and asks for the rest; a few tasks answer. Without DNS everything
stays unknown, which is neutral, and nothing fails.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from decider.core.client_key import Address
from decider.core.errors import StoreUnavailable
from decider.core.ports import NameResolver

LOG = logging.getLogger("decider.reverse_dns")

CONFIRMED_SECONDS = 86_400.0  # addresses of crawlers stay theirs for months
REFUSED_SECONDS = 3_600.0  # a crawler's new address gets its PTR within the hour
ERROR_SECONDS = 300.0  # a resolver that is away is not asked about every request
AT_ONCE = 4  # look-ups in flight: a flood of claims must not become a flood of DNS questions
WAITING_ADDRESSES = 1_000  # beyond it addresses are not asked about until the queue is shorter
REMEMBERED_ADDRESSES = 16_384  # as many claiming addresses as the crawler check keeps; about 5 MB
LOOKUP_SECONDS = 5.0  # one PTR question and its A or AAAA questions together
MOST_NAMES = 5  # of one address; a crawler has one

_Question = tuple[Address, tuple[str, ...]]


class _Known(NamedTuple):
    answer: bool | None  # None: the resolver failed
    until: float


class ReverseDns:
    """``clock`` tells seconds that never go back. ``start`` and ``close`` with the event loop."""

    def __init__(self, resolver: NameResolver, clock: Callable[[], float]) -> None:
        self._resolver = resolver
        self._clock = clock
        self._known: OrderedDict[_Question, _Known] = OrderedDict()
        self._waiting: asyncio.Queue[_Question] = asyncio.Queue(WAITING_ADDRESSES)
        self._asked: set[_Question] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._failing = False

    def confirmed(self, address: Address, suffixes: tuple[str, ...]) -> bool | None:
        """Whether the address is under one of the suffixes; None while that is not known. Never waits.

        An answer that has grown old is given once more while it is looked up again.
        """
        question = (address, suffixes)
        known = self._known.get(question)
        if known is None or known.until <= self._clock():
            self._ask(question)
        return None if known is None else known.answer

    def start(self) -> None:
        """Begin to answer."""
        self._tasks = [asyncio.create_task(self._answer()) for _ in range(AT_ONCE)]

    async def close(self) -> None:
        """Drop what waits."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _ask(self, question: _Question) -> None:
        if question not in self._asked and not self._waiting.full():
            self._asked.add(question)
            self._waiting.put_nowait(question)

    async def _answer(self) -> None:
        while True:
            question = await self._waiting.get()
            try:
                async with asyncio.timeout(LOOKUP_SECONDS):
                    answer = await is_confirmed(self._resolver, *question)
                self._failing = False
                self._keep(question, answer, CONFIRMED_SECONDS if answer else REFUSED_SECONDS)
            except Exception as error:  # noqa: BLE001  the outermost loop: DNS holds whatever anybody wrote there
                self._keep(question, None, ERROR_SECONDS)
                if not self._failing:
                    LOG.warning("reverse_dns_failed error=%r; crawlers stay unconfirmed meanwhile", error)
                self._failing = True
            finally:
                self._asked.discard(question)

    def _keep(self, question: _Question, answer: bool | None, seconds: float) -> None:
        self._known[question] = _Known(answer, self._clock() + seconds)
        self._known.move_to_end(question)
        if len(self._known) > REMEMBERED_ADDRESSES:
            self._known.popitem(last=False)


async def is_confirmed(resolver: NameResolver, address: Address, suffixes: tuple[str, ...]) -> bool:
    """Whether an address is under one of the suffixes, asked now. Raises StoreUnavailable."""
    names = await resolver.names_of(address)
    fitting = [name for name in names if is_under(name, suffixes)]
    failed: StoreUnavailable | None = None
    for name in fitting[:MOST_NAMES]:
        try:
            if address in await resolver.addresses_of(name, address.version):
                return True
        except StoreUnavailable as error:
            failed = error
    if failed is not None:
        raise failed
    return False


def is_under(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a host name is one of the suffixes or below it; ``evilbots.com`` is not under ``bots.com``."""
    labels = name.rstrip(".").lower()
    endings = (suffix.strip(".").lower() for suffix in suffixes)
    return any(labels == ending or labels.endswith("." + ending) for ending in endings if ending)
