"""What must be banned again after Redis lost everything."""

from decider.core.ban import Ban
from decider.core.running_bans import running_bans
from decider.core.security_event import EventKind, SecurityEvent

NOW = 1_000_000.0


def event(kind: EventKind, client: str, until: float = 0.0, count: int = 0) -> SecurityEvent:
    seconds = int(until - NOW) if until else 0
    return SecurityEvent(kind=kind, ts=NOW, client=client, until=until, ban_seconds=seconds, ban_count=count)


def names(*recorded: tuple[str, SecurityEvent]) -> list[tuple[str, int]]:
    return [(client.name, ban.until) for client, ban in running_bans(recorded, NOW)]


STARTED = event(EventKind.BAN_STARTED, "203.0.113.7", NOW + 60, 1)
LIFTED = event(EventKind.BAN_LIFTED, "203.0.113.7")


def test_a_running_ban_is_restored_as_it_was() -> None:
    ((client, ban),) = running_bans([("5-0", event(EventKind.BAN_STARTED, "203.0.113.7", NOW + 240, 2))], NOW)
    assert client.name == "203.0.113.7"
    assert ban == Ban(until=int(NOW) + 240, seconds=240, count=2, enforced=True)


def test_an_ipv6_ban_is_restored_for_its_whole_64() -> None:
    assert names(("5-0", event(EventKind.BAN_STARTED, "2001:db8:0:1::/64", NOW + 60, 1))) == [
        ("2001:db8:0:1::/64", int(NOW) + 60)
    ]


def test_a_ban_that_ran_out_is_not_restored() -> None:
    assert names(("5-0", event(EventKind.BAN_STARTED, "203.0.113.7", NOW, 1))) == []


def test_the_latest_ban_counts_in_stream_order_not_in_text_order() -> None:
    later = event(EventKind.BAN_EXTENDED, "203.0.113.7", NOW + 900, 2)
    assert names(("5-10", later), ("5-9", STARTED)) == [("203.0.113.7", int(NOW) + 900)]


def test_a_lifted_ban_stays_lifted_and_a_ban_after_it_stands() -> None:
    assert names(("5-0", STARTED), ("6-0", LIFTED)) == []
    assert names(("6-0", LIFTED), ("7-0", STARTED)) == [("203.0.113.7", int(NOW) + 60)]


def test_allow_listing_a_network_lifts_the_bans_inside_it() -> None:
    listed = event(EventKind.ALLOW_LISTED, "203.0.113.0/24")
    other = event(EventKind.BAN_STARTED, "198.51.100.1", NOW + 60, 1)
    assert names(("5-0", STARTED), ("6-0", listed), ("5-1", other)) == [("198.51.100.1", int(NOW) + 60)]
    assert names(("4-0", listed), ("5-0", STARTED)) == [("203.0.113.7", int(NOW) + 60)]


def test_bans_of_observe_mode_are_none() -> None:
    assert names(("5-0", event(EventKind.WOULD_BLOCK, "203.0.113.7", NOW + 60, 1))) == []


def test_what_is_no_client_is_left_out() -> None:
    for client in ("", "everybody", "203.0.113.0/24", "203.0.113.7/x", "203.0.113.7:80"):
        assert names(("5-0", event(EventKind.BAN_STARTED, client, NOW + 60, 1))) == []
