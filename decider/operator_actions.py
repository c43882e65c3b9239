"""What an operator can do: ban, unban, allow, deny. The same code behind the command line and the dashboard.

Every action is done first and recorded second, both before it returns; if it cannot be recorded, the operator
is told. Unbanning and allow-listing reset the client's counters, or the next request would ban it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from decider.core.ban import Ban, next_ban
from decider.core.client_key import ClientKey
from decider.core.network_list import Listing, ListName
from decider.core.policy import Network, Policy
from decider.core.ports import BanStore, Counters, EventWriter, GeoLookup, OperatorLists
from decider.core.security_event import EventKind, SecurityEvent, clip

EFFECTIVE_WITHIN_SECONDS = 3  # a second for the workers to learn of it, two for Nginx (core/deny_cache.py)


@dataclass(frozen=True, slots=True)
class OperatorStores:
    """What the actions change and ask."""

    counters: Counters
    bans: BanStore
    lists: OperatorLists
    events: EventWriter
    geo: GeoLookup


class OperatorActions:
    """``actor`` is the operator's name, ``clock`` returns epoch seconds. Actions raise StoreUnavailable."""

    def __init__(
        self, stores: OperatorStores, policy: Policy, actor: str, clock: Callable[[], float]
    ) -> None:
        self._stores = stores
        self._policy = policy
        self._actor = clip(actor)
        self._clock = clock

    async def ban(self, client: ClientKey, seconds: int | None, note: str) -> SecurityEvent:
        """Ban a client; None takes the length the policy would give its next ban."""
        now = self._clock()
        tally = await self._stores.counters.read(client)
        ban = next_ban(tally.record, self._policy.ban, now, enforced=True)
        if seconds is not None:
            ban = Ban(ceil(now + seconds), seconds, ban.count, enforced=True)
        await self._stores.bans.start(client, ban, expected_count=None)
        return await self._record(
            EventKind.BAN_STARTED,
            client,
            note,
            score=1.0,
            sentence=f"banned by {self._actor}",
            mode="enforce",
            ban_seconds=ban.seconds,
            until=float(ban.until),
            ban_count=ban.count,
        )

    async def unban(self, client: ClientKey, note: str) -> SecurityEvent:
        """Lift a ban, forget its repeats and counters, and hold for as long as the policy says."""
        hold_until = ceil(self._clock() + self._policy.ban.unban_hold_seconds)
        await self._stores.bans.lift(client, hold_until)
        await self._stores.lists.note_lift()
        return await self._record(EventKind.BAN_LIFTED, client, note, until=float(hold_until))

    async def list_network(
        self, list_name: ListName, network: Network, seconds: int | None, note: str
    ) -> SecurityEvent:
        """Put a network on a list, for some seconds or without end."""
        now = self._clock()
        until = None if seconds is None else now + seconds
        await self._stores.lists.put(Listing(list_name, network, clip(note), self._actor, now, until))
        if list_name is ListName.ALLOW:
            await self._stores.bans.forget_inside(network)
        kind = EventKind.ALLOW_LISTED if list_name is ListName.ALLOW else EventKind.DENY_LISTED
        return await self._record_network(kind, list_name, network, note, until or 0.0)

    async def delist(self, list_name: ListName, network: Network, note: str) -> SecurityEvent | None:
        """Take a network off a list; None where it was not on it."""
        if not await self._stores.lists.remove(list_name, network):
            return None
        return await self._record_network(EventKind.DELISTED, list_name, network, note, 0.0)

    async def _record_network(
        self, kind: EventKind, list_name: ListName, network: Network, note: str, until: float
    ) -> SecurityEvent:
        event = SecurityEvent(
            kind=kind,
            ts=self._clock(),
            actor=self._actor,
            client=str(network),
            scope=list_name.value,
            note=clip(note),
            until=until,
        )
        await self._stores.events.write(event)
        return event

    async def _record(self, kind: EventKind, client: ClientKey, note: str, **more: object) -> SecurityEvent:
        geo = self._stores.geo.find(client.text)
        event = SecurityEvent(
            kind=kind,
            ts=self._clock(),
            actor=self._actor,
            client=client.name,
            address=client.text,
            scope="address",
            country=geo.country,
            asn=geo.asn,
            network=geo.network,
            note=clip(note),
            **more,  # type: ignore[arg-type]  # fields of SecurityEvent, given by the two callers above
        )
        await self._stores.events.write(event)
        return event
