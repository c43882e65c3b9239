"""Bans into attacks, and attacks into lines of a table."""

import json

import pytest
from plotly.utils import PlotlyJSONEncoder

from dash_app.attack_table import attack_rows, build_attacks
from dash_app.attacks import AttackState, attacks
from decider.core.security_event import EventKind, Reason
from tests.unit.dash_app.bans_made import NOW, ban, lift

OTHER = (Reason("identity", 0.8),)


def test_a_client_that_is_banned_again_is_one_attack_since_its_first_ban() -> None:
    (attack,) = attacks([ban("a", 5, ban_seconds=240), ban("a", 90, until=NOW - 30)], NOW)
    assert (attack.clients, attack.since, attack.until) == (1, NOW - 90, NOW + 60)
    assert (attack.signal, attack.route, attack.state) == ("burst", "checkout", AttackState.BANNED)


def test_several_clients_of_a_network_with_the_same_signal_are_one_attack() -> None:
    rows = [
        ban("a", 5),
        ban("b", 10, until=NOW - 1),
        ban("c", 20, until=NOW + 90),
        ban("d", 30, reasons=OTHER),
    ]
    group, single = attacks(rows, NOW)
    assert (single.newest.client, single.clients) == ("d", 1) or (group.clients, single.clients) == (1, 3)
    together = group if group.clients == 3 else single
    assert (together.running, together.newest.client) == (2, "a")
    assert (together.since, together.until) == (NOW - 20, NOW + 90)


@pytest.mark.parametrize(
    "rows",
    [
        [ban("a", 5), ban("b", 10)],
        [ban("a", 5, asn=0), ban("b", 10, asn=0), ban("c", 11, asn=0)],
        [ban("a", 5, asn=1), ban("b", 10, asn=2), ban("c", 11, asn=3)],
    ],
)
def test_two_clients_or_those_of_unknown_or_different_networks_stay_apart(rows: list[object]) -> None:
    assert [one.clients for one in attacks(rows, NOW)] == [1] * len(rows)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([ban("a", 5)], AttackState.BANNED),
        ([ban("a", 5, EventKind.WOULD_BLOCK)], AttackState.WOULD_BLOCK),
        ([ban("a", 90, until=NOW - 1)], AttackState.ENDED),
        ([lift("a", 2), ban("a", 5)], AttackState.LIFTED),
        ([ban("a", 1), lift("a", 2), ban("a", 5)], AttackState.BANNED),
    ],
)
def test_the_newest_event_says_what_became_of_an_attack(rows: list[object], state: AttackState) -> None:
    (attack,) = attacks(rows, NOW)  # type: ignore[arg-type]
    assert attack.state is state


def test_an_extension_by_an_operator_is_explained_by_the_ban_before_it() -> None:
    extension = ban(
        "a", 1, EventKind.BAN_EXTENDED, reasons=(), route="", asn=0, network="", until=NOW + 900, actor="eve"
    )
    (attack,) = attacks([extension, ban("a", 50)], NOW)
    assert (attack.signal, attack.route, attack.newest.asn) == ("burst", "checkout", 64_500)
    assert attack.until == NOW + 900


def test_attacks_that_go_on_come_first_and_then_the_newest() -> None:
    rows = [
        ban("ended", 1, asn=1, until=NOW - 0.5),
        ban("new", 5, asn=2),
        ban("old", 50, asn=3),
        ban("long ended", 70, asn=4, until=NOW - 1),
    ]
    assert [one.newest.client for one in attacks(rows, NOW)] == ["new", "old", "ended", "long ended"]


def test_a_rate_is_told_only_where_it_can_be_of_nobody_else() -> None:
    rows = [
        ban("alone", 5, country="RU", asn=1),
        ban("one of two", 6, country="CA", asn=2),
        ban("two of two", 7, country="CA", asn=3),
        ban("ended", 8, country="RU", asn=4, until=NOW - 1),
        ban("observed", 9, EventKind.WOULD_BLOCK, country="DE", asn=5),
    ]
    rates = {one.newest.client: one.blocked_per_second for one in attacks(rows, NOW, {"RU": 49.0, "CA": 3.0})}
    assert rates == {"alone": 49.0, "one of two": None, "two of two": None, "ended": None, "observed": None}


def test_a_line_says_who_what_since_when_and_what_became_of_it() -> None:
    rows = [
        *(ban(f"203.0.113.{number}", 5 + number, until=NOW - 1 + 50 * (number > 0)) for number in range(3)),
        ban("2001:db8::/64", 40, EventKind.WOULD_BLOCK, asn=7, scope="session", sentence="52 requests"),
    ]
    one, group = sorted(attack_rows(attacks(rows, NOW), NOW), key=lambda row: row.who)
    assert one.who == "2001:db8::/64 (one session)"
    assert (one.path, one.why, one.rate) == ("client/2001:db8::", "52 requests", "–")
    assert one.state.startswith("would block until ")
    assert group.who == "3 clients of AS64500 Example"
    assert group.where == "Singapore · last 203.0.113.0"
    assert group.what == "burst on checkout"
    assert group.state.startswith("2 of 3 banned until ")


def test_the_day_is_told_where_it_is_not_today() -> None:
    today, before = attack_rows(attacks([ban("a", 60, asn=1), ban("b", 90_000, asn=2)], NOW), NOW)
    assert (len(today.since), len(before.since)) == (len("09:41:07"), len("11-23 09:41"))


def test_hostile_text_stays_text_and_never_becomes_a_link() -> None:
    hostile = '<img src=x onerror="1">'
    row = ban(hostile, 5, network=hostile, route=hostile, sentence=hostile, reasons=(Reason(hostile, 1.0),))
    table, more = build_attacks(attack_rows(attacks([row], NOW), NOW), 3, "/decider/", "?range=1h")
    text = json.dumps([table, more], cls=PlotlyJSONEncoder)
    assert "dangerously" not in text
    assert "/decider/client/%3Cimg" in text
    assert "3 more among the offenders" in text


def test_no_attack_is_said() -> None:
    (nothing,) = build_attacks([], 0, "/", "")
    assert nothing.children == "No attack in this range."
