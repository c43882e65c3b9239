"""What counts most: of traffic where it tells, of bans where it does not, with links that narrow."""

from collections import Counter
from typing import Any

from dash_app.ban_counts import count_bans
from dash_app.event_filter import EventFilter
from dash_app.places import places
from dash_app.rows import RouteTraffic, TrafficRow
from dash_app.top_lists import LONGEST_LIST, blocked_by_field, label_of, top_lists
from dash_app.top_tiles import build_loading, build_tops
from decider.core.security_event import EventKind
from tests.unit.dash_app.bans_made import ban, lift

ROW = TrafficRow(
    0,
    9,
    8,
    0,
    0,
    0,
    {"SG": 6, "ZZ": 2},
    (RouteTraffic("checkout", 9, 7, 0.0, 0), RouteTraffic("page", 0, 1, 0.0, 0)),
)
BLOCKED = blocked_by_field([ROW, ROW])
BANS = count_bans([ban("a"), ban("b", asn=0, network="", user_agent=""), lift("a", 1)], 0)


def texts(part: Any) -> list[str]:
    """All texts and links of a tree of components."""
    if isinstance(part, list | tuple):
        return [text for one in part for text in texts(one)]
    if isinstance(part, str):
        return [part]
    if part is None:
        return []
    return [str(getattr(part, "href", "") or ""), *texts(getattr(part, "children", None))]


def test_without_a_filter_countries_and_routes_count_blocked_requests_and_the_rest_bans() -> None:
    found = top_lists(EventFilter(), BLOCKED, BANS)
    assert [(one.label, one.count, one.share) for one in found["country"].values] == [
        ("Singapore", 12, 0.75),
        ("unknown", 4, 0.25),
    ]
    assert [one.value for one in found["route"].values] == ["checkout", "page"]
    assert [name for name, one in found.items() if one.counts_bans] == ["asn", "signal", "user_agent"]
    assert [(one.label, one.count) for one in found["signal"].values] == [("burst", 2), ("regularity", 2)]


def test_what_has_no_value_is_counted_and_cannot_be_filtered_by() -> None:
    found = top_lists(EventFilter(), BLOCKED, BANS)
    assert [(one.label, one.value) for one in found["asn"].values] == [
        ("unknown network", ""),
        ("AS64500 Example", "64500"),
    ]
    assert ("no user agent", "") in [(one.label, one.value) for one in found["user_agent"].values]


def test_a_filter_that_traffic_does_not_tell_counts_bans_everywhere() -> None:
    found = top_lists(EventFilter(asn=64_500), BLOCKED, BANS)
    assert all(one.counts_bans for one in found.values())
    assert [(one.value, one.count) for one in found["country"].values] == [("SG", 2)]


def test_a_filter_by_country_narrows_its_own_list_of_blocked_requests() -> None:
    found = top_lists(EventFilter(excluded=(("country", "ZZ"),)), BLOCKED, BANS)
    assert not found["country"].counts_bans
    assert [one.value for one in found["country"].values] == ["SG"]
    assert found["route"].counts_bans


def test_a_list_is_short_and_says_how_many_there_are() -> None:
    routes = Counter({f"r{number:02}": 1 for number in range(40)})
    blocked: dict[str, Counter[str]] = {"country": Counter(), "route": routes}
    found = top_lists(EventFilter(), blocked, BANS)["route"]
    assert (len(found.values), found.distinct) == (LONGEST_LIST, 40)


def test_each_value_has_links_that_filter_by_it_and_exclude_it() -> None:
    wanted = EventFilter(country="SG")
    lists = top_lists(wanted, BLOCKED, BANS)
    tiles = build_tops(lists, wanted, ("in the last hour", "since 9"), "/d/", {"range": "1h"})
    shown = texts(tiles)
    assert "/d/?range=1h&country=SG&asn=64500" in shown
    assert "/d/?range=1h&country=SG&not_asn=64500" in shown
    assert "/d/?range=1h&not_country=SG" in shown
    assert "/d/?range=1h&country=SG" not in shown  # it is shown already
    assert " by AS64500 Example" in shown
    assert "of blocked requests in the last hour" in shown
    assert "of bans since 9" in shown


def test_tiles_say_that_they_load_and_that_there_is_nothing() -> None:
    assert texts(build_loading()).count("loading …") == 10
    nothing = top_lists(EventFilter(), blocked_by_field([]), count_bans([], 0))
    assert texts(build_tops(nothing, EventFilter(), ("", ""), "/", {})).count("Nothing in this range.") == 5


def test_labels_of_hostile_values_are_clipped_text() -> None:
    assert label_of("country", "<script>alert(1)</script>") == "<script>alert(1)</sc"
    assert "\u202e" not in label_of("user_agent", "\u202egnp.exe")
    assert len(label_of("route", "a" * 8_000)) == 120
    assert label_of("country", "ZZ") == label_of("country", "") == "unknown"


def test_cities_are_those_of_bans_that_know_where() -> None:
    berlin: dict[str, Any] = {"city": "Berlin", "country": "DE", "latitude": 52.52, "longitude": 13.41}
    rows = [ban("a", **berlin), ban("b", **berlin), ban("c"), ban("d", kind=EventKind.BAN_EXTENDED, **berlin)]
    (place,) = places(rows)
    assert (place.city, place.country, place.bans) == ("Berlin", "DE", 2)
    assert (place.latitude, place.longitude) == (52.5, 13.4)
