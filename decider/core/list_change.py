"""What an operator's event changes in the allow-list and the deny-list.

``event.client`` is the network in CIDR form. Delisting ends the entry on both lists, or on the one that
``event.scope`` names. An ended entry keeps its place for a while with its end in ``until``, as one that ran
out does, so that an older event read again cannot bring it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_network
from typing import Any

from decider.core.security_event import EventKind, SecurityEvent
from decider.core.stream_position import sortable


class OperatorList(StrEnum):
    """The operator's two lists."""

    ALLOW = "allow"
    DENY = "deny"


_LISTED = {EventKind.ALLOW_LISTED: OperatorList.ALLOW, EventKind.DENY_LISTED: OperatorList.DENY}


@dataclass(frozen=True, slots=True)
class ListChange:
    """One entry as it stands after an event. ``until`` in epoch seconds; None: without end."""

    operator_list: OperatorList
    network: str
    note: str
    actor: str
    since: float
    until: float | None
    event_id: str

    @property
    def entry_id(self) -> str:
        """``allow|203.0.113.0/24``: the same name in Redis and in MongoDB."""
        return f"{self.operator_list}|{self.network}"

    def to_fields(self) -> dict[str, Any]:
        """The MongoDB fields besides ``_id``; ``event_order`` compares as text in stream order."""
        return {
            "list": self.operator_list.value,
            "network": self.network,
            "note": self.note,
            "actor": self.actor,
            "since": datetime.fromtimestamp(self.since, UTC),
            "until": None if self.until is None else datetime.fromtimestamp(self.until, UTC),
            "event_id": self.event_id,
            "event_order": sortable(self.event_id),
        }


def list_changes(event: SecurityEvent, stream_id: str) -> tuple[ListChange, ...]:
    """The entries that this event changes; none for events of another kind or without a network."""
    if event.kind is not EventKind.DELISTED and event.kind not in _LISTED:
        return ()
    try:
        network = str(ip_network(event.client or event.address, strict=False))
    except ValueError:
        return ()
    if event.kind is EventKind.DELISTED:
        lists = [one for one in OperatorList if event.scope not in tuple(OperatorList) or event.scope == one]
        until: float | None = event.ts
    else:
        lists, until = [_LISTED[event.kind]], event.until or None
    return tuple(
        ListChange(one, network, event.note, event.actor, event.ts, until, stream_id) for one in lists
    )
