"""Operator lists in Redis, shared by all workers; each holds a copy and asks once a second for changes.

``decider:{lists}:entries``  hash: ``allow|203.0.113.0/24`` -> JSON {note, actor, since, until}
``decider:{lists}:version``  grows with every change; one GET tells a worker whether its copy is fresh
``decider:{lists}:lifts``    grows with every change that may let somebody in again, unbans included
All expire a month after the last touch; the recorder touches them every minute and restores them from
MongoDB into a Redis that came back empty.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from decider.core.client_key import ClientKey
from decider.core.errors import StoreUnavailable
from decider.core.network_list import Listing, ListName, NetworkLists
from decider.core.policy import Network

ENTRIES_KEY = "decider:{lists}:entries"
VERSION_KEY = "decider:{lists}:version"
LIFTS_KEY = "decider:{lists}:lifts"
TTL_SECONDS = 30 * 86_400  # longer than any outage of the recorder that touches them


class RedisLists:
    """``always`` are the policy's own listings; ``clock`` returns epoch seconds. All but find may raise
    StoreUnavailable; a worker without Redis goes on with the copy it has.
    """

    def __init__(self, client: Redis, clock: Callable[[], float], always: Sequence[Listing] = ()) -> None:
        self._client = client
        self._clock = clock
        self._always = tuple(always)
        self._listed: tuple[Listing, ...] = ()
        self._lists = NetworkLists(self._always)
        self.version = 0
        self.lifts = 0

    def find(self, client: ClientKey) -> tuple[str, float | None] | None:
        """(list, until) for a client that is listed now; from the worker's copy, at no cost in trips."""
        if not self._lists.listings:
            return None
        listing = self._lists.find(client.address, self._clock())
        return None if listing is None else (listing.list_name.value, listing.until)

    def use_always(self, always: Sequence[Listing]) -> None:
        """Take over the listings of a new policy."""
        self._always = tuple(always)
        self._lists = NetworkLists((*self._always, *self._listed))

    async def refresh(self) -> None:
        """Take over changes, if there are any."""
        try:
            told = await self._client.mget(VERSION_KEY, LIFTS_KEY)
            version, self.lifts = (int(number or 0) for number in told)
            if version != self.version:
                self._listed = tuple(await self.entries())
                self._lists = NetworkLists((*self._always, *self._listed))
                self.version = version
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    async def entries(self) -> list[Listing]:
        """What operators have listed; entries that ended are left out, unreadable ones too."""
        try:
            stored = await self._client.hgetall(ENTRIES_KEY)
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error
        listings = [_listing(_text(field), _text(value)) for field, value in stored.items()]
        return [one for one in listings if one is not None and one.is_running(self._clock())]

    async def put(self, listing: Listing) -> None:
        """List a network; the same network on the same list is replaced."""
        command = ("HSET", _field(listing.list_name, listing.network), _value(listing))
        await self._change(command, lifts=listing.list_name is ListName.ALLOW)

    async def restore(self, listing: Listing) -> bool:
        """List a network where nothing is listed under its name; False where something newer is."""
        return bool(
            await self._change(
                ("HSETNX", _field(listing.list_name, listing.network), _value(listing)),
                lifts=listing.list_name is ListName.ALLOW,
            )
        )

    async def remove(self, list_name: ListName, network: Network) -> bool:
        """Take a network off a list; False where it was not on it."""
        command = ("HDEL", _field(list_name, network))
        return bool(await self._change(command, lifts=list_name is ListName.DENY))

    async def note_lift(self) -> None:
        """Let every worker know that a ban was lifted, which is in its client's record only."""
        try:
            async with self._client.pipeline(transaction=True) as pipeline:
                pipeline.incr(LIFTS_KEY)
                pipeline.expire(LIFTS_KEY, TTL_SECONDS)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    async def touch(self) -> None:
        """Let the keys live another month."""
        try:
            await self._client.expire(ENTRIES_KEY, TTL_SECONDS)
            await self._client.expire(VERSION_KEY, TTL_SECONDS)
            await self._client.expire(LIFTS_KEY, TTL_SECONDS)
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    async def _change(self, command: tuple[str, ...], lifts: bool) -> Any:
        name, *arguments = command
        try:
            async with self._client.pipeline(transaction=True) as pipeline:
                pipeline.execute_command(name, ENTRIES_KEY, *arguments)
                pipeline.incr(VERSION_KEY)
                if lifts:
                    pipeline.incr(LIFTS_KEY)
                    pipeline.expire(LIFTS_KEY, TTL_SECONDS)
                pipeline.expire(ENTRIES_KEY, TTL_SECONDS)
                pipeline.expire(VERSION_KEY, TTL_SECONDS)
                return (await pipeline.execute())[0]
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error


def _field(list_name: ListName, network: Network) -> str:
    return f"{list_name.value}|{network}"


def _value(listing: Listing) -> str:
    return json.dumps(
        {"note": listing.note, "actor": listing.actor, "since": listing.since, "until": listing.until}
    )


def _listing(field: str, value: str) -> Listing | None:
    try:
        list_name, _, network = field.partition("|")
        stored = json.loads(value)
        return Listing(
            ListName(list_name),
            ip_network(network),
            str(stored.get("note", "")),
            str(stored.get("actor", "")),
            float(stored.get("since") or 0.0),
            None if stored.get("until") is None else float(stored["until"]),
        )
    except (ValueError, AttributeError, TypeError):
        return None


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
