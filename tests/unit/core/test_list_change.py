"""Operator events as changes of the two lists."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from decider.core.list_change import list_changes
from decider.core.security_event import EventKind, SecurityEvent

ALLOWED = SecurityEvent(
    kind=EventKind.ALLOW_LISTED, ts=1000.0, client="203.0.113.0/24", actor="ada", note="the office"
)


def test_an_allow_listing_becomes_an_entry() -> None:
    (change,) = list_changes(ALLOWED, "1000000-9")
    assert change.entry_id == "allow|203.0.113.0/24"
    assert change.to_fields() == {
        "list": "allow",
        "network": "203.0.113.0/24",
        "note": "the office",
        "actor": "ada",
        "since": datetime.fromtimestamp(1000, UTC),
        "until": None,
        "event_id": "1000000-9",
        "event_order": "000000001000000-00000000000000000009",
    }


def test_a_deny_listing_may_have_an_end() -> None:
    (change,) = list_changes(replace(ALLOWED, kind=EventKind.DENY_LISTED, until=4600.0), "1-0")
    assert (change.entry_id, change.listing.until) == ("deny|203.0.113.0/24", 4600.0)


@pytest.mark.parametrize(
    ("scope", "ended"),
    [
        ("", ["allow|203.0.113.0/24", "deny|203.0.113.0/24"]),
        ("network", ["allow|203.0.113.0/24", "deny|203.0.113.0/24"]),
        ("allow", ["allow|203.0.113.0/24"]),
        ("deny", ["deny|203.0.113.0/24"]),
    ],
)
def test_delisting_ends_the_entry_now(scope: str, ended: list[str]) -> None:
    changes = list_changes(replace(ALLOWED, kind=EventKind.DELISTED, scope=scope), "1-0")
    assert [change.entry_id for change in changes] == ended
    assert {change.listing.until for change in changes} == {1000.0}


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("203.0.113.7/24", "203.0.113.0/24"),
        ("2001:db8::/64", "2001:db8::/64"),
    ],
)
def test_one_network_has_one_name(client: str, network: str) -> None:
    assert [
        str(change.listing.network) for change in list_changes(replace(ALLOWED, client=client), "1-0")
    ] == [network]


def test_other_events_and_unreadable_networks_change_nothing() -> None:
    assert list_changes(replace(ALLOWED, kind=EventKind.BAN_STARTED), "1-0") == ()
    assert list_changes(replace(ALLOWED, client="everybody"), "1-0") == ()
    assert list_changes(replace(ALLOWED, client=""), "1-0") == ()
