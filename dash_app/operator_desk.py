"""What the pages let an operator do and ask, through the very code of the command line. A composition root.

Each call opens the stores, does its work and closes them, as a command does: calls come seldom, from many
threads, and the stores belong to one event loop. Who may act is checked by the caller.

Above 200 lines because all that crosses from the dashboard to the decider is to be seen in one place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from time import time
from typing import Any, TypeVar

from dash_app.settings import SettingsFault
from decider.commands.session import Session
from decider.core.client_key import ClientKey, client_key
from decider.core.client_record import ClientRecord
from decider.core.crawler import CrawlerIdentity
from decider.core.errors import FaultyInput, MalformedRequest, StoreUnavailable
from decider.core.explanation import explain
from decider.core.network import network_from_text
from decider.core.network_list import Listing, ListName, NetworkLists, policy_listings
from decider.operator_actions import EFFECTIVE_WITHIN_SECONDS
from decider.settings import Settings

MOST_CLIENTS_AT_ONCE = 1_000  # of one action: more takes longer than a page waits
IDENTITY_SECONDS = 300.0  # a page that stays open is no reason to ask DNS again
MOST_IDENTITIES = 200  # remembered; a text of 512 characters each
LONGEST_SECONDS = 366 * 86_400  # as the command line: a mistyped number, not a duration

WITHIN = f"within {EFFECTIVE_WITHIN_SECONDS} s"

Answer = TypeVar("Answer")


class DeskError(Exception):
    """What was asked cannot be done; the text is for the page."""


@dataclass(frozen=True, slots=True)
class ListingRow:
    """``until`` in epoch seconds, None is without end; what the policy lists cannot be taken off here."""

    list_name: str
    network: str
    note: str
    actor: str
    since: float
    until: float | None
    is_removable: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a client is treated now: ``banned``, ``allow-listed``, ...; ``until`` epoch seconds, 0 is open."""

    state: str
    until: float = 0.0


class OperatorDesk:
    """All methods raise DeskError. ``actor`` is the name of the signed-in operator. Safe for many threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._identities: dict[tuple[str, str], tuple[float, CrawlerIdentity]] = {}

    def explain(self, address: str) -> Mapping[str, Any]:
        """What the decider knows of a client now, with the policy's ``observe_at`` and ``mode``."""
        client = _client(address)

        async def ask(session: Session) -> Mapping[str, Any]:
            tally = await session.counters.read(client)
            listed = NetworkLists((*policy_listings(session.policy), *await session.lists.entries()))
            listing = listed.find(client.address, tally.now_ms / 1000)
            geo = session.geo.find(str(client.address))
            known = explain(client, tally, listing, geo, session.policy).to_mapping()
            return {**known, "observe_at": session.policy.observe_at, "mode": session.policy.mode.value}

        return self._run("dashboard", ask)

    def identify(self, address: str, user_agent: str) -> CrawlerIdentity:
        """What a claim to be a crawler is worth; asks DNS at most once in ``IDENTITY_SECONDS``."""
        client, question = _client(address), (address, user_agent)
        known = self._identities.get(question)
        if known is not None and time() - known[0] < IDENTITY_SECONDS:
            return known[1]

        async def ask(session: Session) -> CrawlerIdentity:
            return await session.identify(client, user_agent)

        found = self._run("dashboard", ask)
        if len(self._identities) >= MOST_IDENTITIES:
            self._identities.clear()
        self._identities[question] = (time(), found)
        return found

    def standings(self, clients: Sequence[str]) -> dict[str, Standing]:
        """How each client is treated now, by the name it was asked by; who is no address is left out."""

        async def ask(session: Session) -> dict[str, Standing]:
            listed = NetworkLists((*policy_listings(session.policy), *await session.lists.entries()))
            found = {}
            for name in clients[:MOST_CLIENTS_AT_ONCE]:
                try:
                    key = _client(name)
                except DeskError:
                    continue
                tally = await session.counters.read(key)
                found[name] = _standing(tally.record, listed.find(key.address, time()))
            return found

        return self._run("dashboard", ask)

    def unban(self, actor: str, clients: Sequence[str], note: str) -> str:
        """Lift bans, forget counters, hold. Returns what was done, for the page."""
        keys = _clients(clients)

        async def act(session: Session) -> str:
            for key in keys:
                await session.actions.unban(key, note)
            holds = session.policy.ban.unban_hold_seconds
            return (
                f"{_named(keys)} unbanned, counters forgotten: let in {WITHIN} and "
                f"not scored for {holds:,} s."
            )

        return self._run(actor, act)

    def extend(self, actor: str, clients: Sequence[str], seconds: int, note: str) -> str:
        """Make bans that run end later by ``seconds``; ban whoever is not banned for that long."""
        keys, seconds = _clients(clients), _seconds(seconds)

        async def act(session: Session) -> str:
            for key in keys:
                record = (await session.counters.read(key)).record
                left = max(0, ceil(record.ban_until - time()))
                await session.actions.ban(key, left + seconds, note)
            return f"{_named(keys)} banned for another {seconds:,} s, in effect {WITHIN}."

        return self._run(actor, act)

    def put_on_list(
        self, actor: str, list_name: str, networks: Sequence[str], seconds: int | None, note: str
    ) -> str:
        """For some seconds or without end; allow-listing also forgets bans and counters."""
        name, found = _list_name(list_name), [_network(one) for one in networks]
        if seconds is not None:
            seconds = _seconds(seconds)
        if not 0 < len(found) <= MOST_CLIENTS_AT_ONCE:
            raise DeskError(f"Choose 1 to {MOST_CLIENTS_AT_ONCE:,} networks.")

        async def act(session: Session) -> str:
            for network in found:
                await session.actions.list_network(name, network, seconds, note)
            ending = f"for {seconds:,} s" if seconds else "without end"
            what = str(found[0]) if len(found) == 1 else f"{len(found):,} networks"
            return f"{what} put on the {name.value}-list {ending}, in effect {WITHIN}."

        return self._run(actor, act)

    def take_off_list(self, actor: str, list_name: str, network: str, note: str) -> str:
        """Delist one network."""
        name, found = _list_name(list_name), _network(network)

        async def act(session: Session) -> str:
            if await session.actions.delist(name, found, note) is None:
                raise DeskError(f"{found} is not on the {name.value}-list.")
            return f"{found} taken off the {name.value}-list, in effect {WITHIN}."

        return self._run(actor, act)

    def listings(self) -> list[ListingRow]:
        """The policy's listings first, then the operators', newest first."""

        async def ask(session: Session) -> list[ListingRow]:
            own = sorted(await session.lists.entries(), key=lambda one: -one.since)
            fixed = [_row(one, is_removable=False) for one in policy_listings(session.policy)]
            return fixed + [_row(one, is_removable=True) for one in own]

        return self._run("dashboard", ask)

    def _run(self, actor: str, work: Callable[[Session], Awaitable[Answer]]) -> Answer:
        async def run() -> Answer:
            session = Session(self._settings, actor)
            try:
                return await work(session)
            finally:
                await session.close()

        try:
            return asyncio.run(run())
        except StoreUnavailable as error:
            raise DeskError("Redis does not answer: nothing more was done. Is REDIS_URL right?") from error
        except FaultyInput as error:
            raise DeskError("; ".join(error.faults)) from error


def open_desk(environment: Mapping[str, str]) -> OperatorDesk:
    """From the environment that the decider reads as well. Raises SettingsFault."""
    try:
        return OperatorDesk(Settings.from_environment(environment))
    except FaultyInput as error:
        raise SettingsFault("\n".join(error.faults)) from error


def client_name(text: str) -> str:
    """The client that an address belongs to: itself, or its /64. Raises DeskError."""
    return _client(text).name


def _client(text: str) -> ClientKey:
    try:
        return client_key(text.partition("/")[0])  # an IPv6 client is shown as its /64
    except MalformedRequest as error:
        raise DeskError(f"{text[:64]!r} is no address: write one like 203.0.113.7.") from error


def _clients(texts: Sequence[str]) -> list[ClientKey]:
    if not 0 < len(texts) <= MOST_CLIENTS_AT_ONCE:
        raise DeskError(f"Choose 1 to {MOST_CLIENTS_AT_ONCE:,} clients.")
    return list({key.name: key for key in map(_client, texts)}.values())


def _network(text: str) -> Any:
    try:
        return network_from_text(text.strip())
    except ValueError as error:
        raise DeskError(f"{text[:64]!r}: {error}.") from error


def _list_name(text: str) -> ListName:
    if text not in tuple(ListName):
        raise DeskError(f"{text[:64]!r} is no list: choose allow or deny.")
    return ListName(text)


def _seconds(seconds: int) -> int:
    if not 0 < seconds <= LONGEST_SECONDS:
        raise DeskError("Choose a length from a second to a year.")
    return seconds


def _standing(record: ClientRecord, listing: Listing | None) -> Standing:
    """In the order of the verdict."""
    now = time()
    if listing is not None and listing.list_name is ListName.ALLOW:
        return Standing("allow-listed", listing.until or 0.0)
    if record.hold_until > now:
        return Standing("unbanned, not scored", record.hold_until)
    if listing is not None:
        return Standing("deny-listed", listing.until or 0.0)
    if record.ban_until > now:
        return Standing("banned" if record.ban_enforced else "observed", record.ban_until)
    return Standing("not banned")


def _named(keys: Sequence[ClientKey]) -> str:
    return keys[0].name if len(keys) == 1 else f"{len(keys):,} clients"


def _row(one: Listing, is_removable: bool) -> ListingRow:
    return ListingRow(
        one.list_name.value, str(one.network), one.note, one.actor, one.since, one.until, is_removable
    )
