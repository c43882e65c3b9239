"""What the shell needs from stores, as promises. A Protocol stands here only where a fake or a second
implementation exists; every implementation passes the same contract suite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from decider.core.ban import Ban
from decider.core.client_key import Address, ClientKey
from decider.core.client_record import ClientRecord
from decider.core.counting import Ask
from decider.core.errors import StoreUnavailable
from decider.core.geo import Geo
from decider.core.hit import Hit
from decider.core.network_list import Listing, ListName
from decider.core.policy import Network
from decider.core.security_event import SecurityEvent
from decider.core.tally import Tally

Told = Callable[[Sequence[Tally] | StoreUnavailable], None]
"""Who waits for tallies: called once, with those of all asks or with why there are none; must not raise."""


class GeoLookup(Protocol):
    """Absence is a value: a missing or corrupt file answers ``Geo()``, never an error."""

    def find(self, address: str) -> Geo:
        """The place of an address; cached, safe on a hot path, never raises."""
        ...


class Counters(Protocol):
    """Sliding windows of clients. Counting and reading are one atomic step; the clock is the store's own."""

    async def count(self, client: ClientKey, hit: Hit) -> Tally:
        """Count one request and tell what is now known of the client.

        A hit whose ``request_mark`` the client sent lately is not counted again. Raises StoreUnavailable.
        """
        ...

    async def count_all(self, asks: Sequence[Ask]) -> tuple[Tally, ...]:
        """Count in several records of one shard; what is known of each then. Raises StoreUnavailable."""
        ...

    def count_then(self, asks: Sequence[Ask], told: Told) -> None:
        """The same for the hot path, where a task for each request would cost as much as judging it.

        ``told`` is called once, now or later, from the event loop.
        """
        ...

    async def read(self, client: ClientKey) -> Tally:
        """What is known of a client, without counting. Raises StoreUnavailable."""
        ...


class BanStore(Protocol):
    """Bans and operator unbans, kept in the client's record. All raise StoreUnavailable."""

    async def start(self, client: ClientKey, ban: Ban, expected_count: int | None) -> tuple[Tally, bool]:
        """Start a ban.

        Compare and set: with ``expected_count`` it starts only if the client has had exactly that many bans,
        so two workers that see the same burst start one ban. None forces (operator).
        Returns the tally afterwards and whether this call started the ban.
        """
        ...

    async def start_visitor(
        self, client: ClientKey, visitor: ClientKey, ban: Ban, expected_count: int, now_seconds: int
    ) -> tuple[Tally, Tally, bool]:
        """Ban one visitor of a client's address, under the same rule for the visitor's bans.

        The address keeps a repeat that has ended and starts counting anew. Returns the tallies of both,
        address first, and whether this call started the ban.
        """
        ...

    async def lift(self, client: ClientKey, hold_until: int) -> None:
        """Forget ban, repeats and counters; until ``hold_until`` (epoch second) the client is not scored."""
        ...

    async def forget_inside(self, network: Network) -> int:
        """Forget every client inside a network, bans included; returns how many were known."""
        ...

    async def restore(self, client: ClientKey, ban: Ban) -> bool:
        """Put a recorded ban back where the store knows none; False where it knows something newer."""
        ...


class LocalStore(Counters, BanStore, Protocol):
    """Counters and bans in the worker's own memory; never unavailable."""

    def count_all_now(self, asks: Sequence[Ask]) -> tuple[Tally, ...]:
        """Count in several records at once."""
        ...

    def remember(self, client: ClientKey, record: ClientRecord) -> None:
        """Keep a record that the shared store returned, so that its ban holds here too."""
        ...

    def forget(self, client: ClientKey) -> None:
        """Drop what is known of a client."""
        ...

    def peek(self, client: ClientKey) -> Tally:
        """What is known, at once and without counting."""
        ...


class OperatorLists(Protocol):
    """The allow-list and the deny-list that all workers share. All raise StoreUnavailable."""

    async def entries(self) -> list[Listing]:
        """What is listed now."""
        ...

    async def put(self, listing: Listing) -> None:
        """List a network; the same network on the same list is replaced."""
        ...

    async def remove(self, list_name: ListName, network: Network) -> bool:
        """Take a network off a list; False where it was not on it."""
        ...

    async def note_lift(self) -> None:
        """Let every worker know that a ban was lifted, so that blocks which Nginx keeps are called back."""
        ...


class NameResolver(Protocol):
    """The names of addresses and the addresses of names. Both raise StoreUnavailable."""

    async def names_of(self, address: Address) -> tuple[str, ...]:
        """The names that the owner of an address gave it; none where there are none."""
        ...

    async def addresses_of(self, name: str, version: int) -> frozenset[Address]:
        """The addresses, of IP version 4 or 6, that the owner of a name gave it."""
        ...


class EventWriter(Protocol):
    """Where an operator's actions go: delivered, or the operator is told that they were not."""

    async def write(self, event: SecurityEvent) -> None:
        """Return when the event is in the stream. Raises StoreUnavailable."""
        ...


class EventSink(Protocol):
    """Where state changes go. Never delays and never changes a verdict."""

    def record(self, event: SecurityEvent) -> None:
        """Take the event and return at once; what cannot be delivered is counted."""
        ...
