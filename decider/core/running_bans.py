"""Which bans still run, told from recorded events alone: what Redis must know again after it lost everything.

    ban_started 203.0.113.7 until 12:10   |
    ban_lifted  203.0.113.7               |  the operator's word is the last one: nothing to restore
    ban_started 198.51.100.9 until 12:05  |
    ban_extended 198.51.100.9 until 13:05 |  the longest and latest: restored until 13:05

An allow-listing after the ban counts as lifting it. Events of observe mode are no bans.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from decider.core.ban import Ban
from decider.core.client_key import ClientKey, client_key
from decider.core.errors import MalformedRequest
from decider.core.policy import Network
from decider.core.security_event import EventKind, SecurityEvent
from decider.core.stream_position import sortable
from decider.core.visitor import SCOPES as VISITORS

BANS = (EventKind.BAN_STARTED, EventKind.BAN_EXTENDED)
LIFTS = (EventKind.BAN_LIFTED, EventKind.ALLOW_LISTED)


def running_bans(
    recorded: Iterable[tuple[str, SecurityEvent]], now_seconds: float
) -> list[tuple[ClientKey, Ban]]:
    """The bans that run now, of (stream id, event) in any order; clients that cannot be read are left out."""
    bans: dict[str, tuple[str, SecurityEvent]] = {}
    lifts: dict[str, str] = {}
    for stream_id, event in recorded:
        position = sortable(stream_id)
        if event.scope in VISITORS:
            continue  # short, and the address alone knows whether they hold: its counts are gone, too
        if event.kind in BANS and position > bans.get(event.client, ("", event))[0]:
            bans[event.client] = position, event
        elif event.kind in LIFTS:
            lifts[event.client] = max(position, lifts.get(event.client, ""))
    networks = [(network, position) for name, position in lifts.items() if (network := _network(name))]
    running = []
    for client, (position, event) in bans.items():
        key = _client(client)
        if key is None or event.until <= now_seconds or lifts.get(client, "") > position:
            continue
        if not any(after > position and _covers(network, key) for network, after in networks):
            running.append((key, Ban(int(event.until), event.ban_seconds, max(event.ban_count, 1), True)))
    return running


def _client(name: str) -> ClientKey | None:
    try:
        key = client_key(name.partition("/")[0])
    except MalformedRequest:
        return None
    return key if key.name == name else None


def _network(name: str) -> Network | None:
    try:
        return ip_network(name, strict=False)
    except ValueError:
        return None


def _covers(network: Network, client: ClientKey) -> bool:
    return client.address in network
