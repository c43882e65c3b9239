"""Bans as the database holds them, for tests of what is made of them."""

from typing import Any

from dash_app.rows import EventRow
from decider.core.security_event import EventKind, Reason, SecurityEvent

NOW = 1_764_000_000.0
BURST = (Reason("burst", 0.9), Reason("regularity", 0.2))


def ban(client: str, ago: float = 10, kind: EventKind = EventKind.BAN_STARTED, **more: Any) -> EventRow:
    """A ban that began some seconds before NOW and goes on for a minute."""
    fields: dict[str, Any] = {
        "country": "SG",
        "asn": 64_500,
        "network": "Example",
        "reasons": BURST,
        "route": "checkout",
        "user_agent": "curl/8.1",
        "until": NOW + 60,
    }
    event = SecurityEvent(kind=kind, ts=NOW - ago, client=client, **(fields | more))
    return EventRow(f"{client}-{ago}", event)


def lift(client: str, ago: float) -> EventRow:
    """What an operator's unban leaves."""
    return EventRow(f"{client}-lift", SecurityEvent(kind=EventKind.BAN_LIFTED, ts=NOW - ago, client=client))
