"""What an operator's event changes in the allow-list and the deny-list.

``event.client`` is the network in CIDR form. Delisting ends the entry on both lists, or on the one that
``event.scope`` names. An ended entry keeps its place for a while with its end in ``until``, as one that ran
out does, so that an older event read again cannot bring it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

from decider.core.network_list import Listing, ListName
from decider.core.security_event import EventKind, SecurityEvent
from decider.core.stream_position import sortable

_LISTED = {EventKind.ALLOW_LISTED: ListName.ALLOW, EventKind.DENY_LISTED: ListName.DENY}


@dataclass(frozen=True, slots=True)
class ListChange:
    """A listing as it stands after the event with this stream id."""

    listing: Listing
    event_id: str

    @property
    def entry_id(self) -> str:
        """``allow|203.0.113.0/24``: the same name in Redis and in MongoDB."""
        return f"{self.listing.list_name}|{self.listing.network}"

    def to_fields(self) -> dict[str, Any]:
        """The MongoDB fields besides ``_id``; ``event_order`` compares as text in stream order."""
        listing = self.listing
        return {
            "list": listing.list_name.value,
            "network": str(listing.network),
            "note": listing.note,
            "actor": listing.actor,
            "since": datetime.fromtimestamp(listing.since, UTC),
            "until": None if listing.until is None else datetime.fromtimestamp(listing.until, UTC),
            "event_id": self.event_id,
            "event_order": sortable(self.event_id),
        }


def list_changes(event: SecurityEvent, stream_id: str) -> tuple[ListChange, ...]:
    """The entries that this event changes; none for events of another kind or without a network."""
    if event.kind is not EventKind.DELISTED and event.kind not in _LISTED:
        return ()
    try:
        network = ip_network(event.client or event.address, strict=False)
    except ValueError:
        return ()
    if event.kind is EventKind.DELISTED:
        names = [name for name in ListName if event.scope not in tuple(ListName) or event.scope == name]
        until: float | None = event.ts
    else:
        names, until = [_LISTED[event.kind]], event.until or None
    return tuple(
        ListChange(Listing(name, network, event.note, event.actor, event.ts, until), stream_id)
        for name in names
    )


def listing_from_entry(entry: Mapping[str, Any]) -> Listing:
    """Read a MongoDB entry back."""
    return Listing(
        ListName(entry["list"]),
        ip_network(entry["network"]),
        entry["note"],
        entry["actor"],
        entry["since"].timestamp(),
        entry["until"].timestamp() if entry["until"] else None,
    )
