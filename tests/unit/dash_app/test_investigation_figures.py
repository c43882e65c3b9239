"""Numbers and words of the offenders, client and savings pages."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import pytest

from dash_app.client_view import ban_history, build_score, timeline_figure, why_sentence
from dash_app.harm import harm, harm_text
from dash_app.health_view import data_lines, newest_text, recorder_lines, worker_lines
from dash_app.observe_view import build_observed, observe_text
from dash_app.offender_reader import Offenders, sorted_page
from dash_app.offender_rows import offender_row, offenders_csv
from dash_app.offender_walk import Offender
from dash_app.operator_desk import Standing
from dash_app.rows import EventRow, RouteTraffic, TrafficRow
from dash_app.savings_range import checked_price, estimate, route_costs
from dash_app.settings import Prices
from dash_app.system_view import count_lines
from decider.core.security_event import EventKind, Reason, SecurityEvent

NOW = 1_764_000_000.0
PRICES = Prices(cpu_second_usd=0.01, gigabyte_usd=1.0)


def offender(client: str, **more: object) -> Offender:
    known = {"country": "SG", "asn": 1, "score": 0.9, "events": 1, "bans": 1, "first": NOW, "last": NOW}
    return Offender(client, **(known | more))  # type: ignore[arg-type]  # fields by name


def ban(**more: object) -> EventRow:
    fields: dict[str, object] = {
        "kind": EventKind.BAN_STARTED,
        "ts": NOW,
        "client": "203.0.113.7",
        "score": 0.97,
    }
    return EventRow("1-0", SecurityEvent(**(fields | more)))  # type: ignore[arg-type]  # fields by name


def second(*routes: RouteTraffic, **more: int) -> TrafficRow:
    counts = {"allowed": 0, "blocked": 0, "cached_denies": 0, "would_block": 0, "fail_open": 0} | more
    return replace(TrafficRow(0, 0, 0, 0, 0, 0, {}, routes), **counts)  # type: ignore[arg-type]  # by name


def test_pages_of_offenders_are_cut_from_the_whole_order() -> None:
    found = Offenders((offender("b", events=3), offender("a", events=3), offender("c", events=9)), NOW)
    assert [one.client for one in sorted_page(found, "events", True, 0, 2)] == ["c", "a"]
    assert [one.client for one in sorted_page(found, "events", True, 2, 2)] == ["b"]
    assert [one.client for one in sorted_page(found, "__class__", False, 0, 1)] == ["a"]


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort_by", ["events", "client", "country"])
def test_a_page_of_very_many_offenders_is_the_same_as_of_all_of_them_sorted(
    sort_by: str, descending: bool
) -> None:
    many = tuple(offender(f"{number * 7 % 1_000:04}", events=number % 30) for number in range(1_000))
    ordered = sorted(many, key=attrgetter("client"))
    ordered.sort(key=attrgetter(sort_by), reverse=descending)
    for skip in (0, 40, 960):
        page = sorted_page(Offenders(many, NOW), sort_by, descending, skip, 20)
        assert page == tuple(ordered[skip : skip + 20])


def test_the_state_of_an_offender_is_what_redis_says_before_what_was_recorded() -> None:
    one = offender("203.0.113.7", latest=ban(until=NOW + 600, ban_seconds=600))
    assert offender_row(one, None, NOW)["state"] == "banned, 10 min left"
    assert offender_row(one, Standing("unbanned, not scored", NOW + 60), NOW)["state"].startswith("unbanned")
    assert offender_row(one, Standing("not banned"), NOW)["until"] == ""


def test_exported_offenders_run_nothing() -> None:
    one = offender("203.0.113.7", latest=ban(path="=HYPERLINK(1)", user_agent="@x\x00", reasons=()))
    text = offenders_csv([offender_row(one, None, NOW)])
    assert "'=HYPERLINK(1)" in text
    assert "'@x" in text
    assert "\x00" not in text


def test_the_sentence_says_what_was_done_and_why() -> None:
    row = ban(
        sentence="52 requests in one second", route="checkout", reasons=(Reason("burst", 0.9),), ban_count=2
    )
    said = why_sentence([row], 0.8)
    assert "because 52 requests in one second to checkout: score 0.97 (blocks at 0.80)" in said
    assert why_sentence([], 0.8) == ""
    assert "ban number 2" in ban_history([row])[0]


def test_no_text_of_a_client_enters_the_timeline() -> None:
    evil = "<b>evil</b>"
    row = ban(path=evil, user_agent=evil, note=evil, actor=evil, country=evil, network=evil)
    assert "evil" not in str(timeline_figure([row], NOW - 60, NOW).to_plotly_json())


def test_a_bar_of_the_score_is_as_long_as_its_value_and_never_longer_than_its_track() -> None:
    known = {
        "score": 1.7,
        "block_at": 0.8,
        "observe_at": 0.5,
        "signals": {"burst": {"contribution": 0.25, "weight": 0.9, "measured": "<i>"}},
    }
    built: Any = build_score(known)
    shown = str(built.to_plotly_json())
    assert "'width': '100.0%'" in shown
    assert "'width': '25.0%'" in shown
    assert "'left': '80.0%'" in shown


@pytest.mark.parametrize(
    "routes",
    [
        [RouteTraffic("checkout", 4, 10, 2.0, 4_000_000), RouteTraffic("page", 10, 5, 0.1, 1_000)],
        [RouteTraffic("login", 0, 10, 0.0, 0), RouteTraffic("page", 10, 0, 5.0, 1_000_000)],
        [RouteTraffic("login", 0, 10, 0.0, 0)],
        [],
    ],
)
def test_the_estimate_lies_within_its_range(routes: list[RouteTraffic]) -> None:
    told = estimate([second(*routes)] * 3, PRICES)
    assert 0.0 <= told.low <= told.usd <= told.high


def test_the_range_is_bytes_alone_to_all_at_the_dearest_route() -> None:
    routes = (RouteTraffic("dear", 1, 1, 1.0, 1_000_000_000), RouteTraffic("cheap", 1, 9, 0.0, 0))
    told = estimate([second(*routes)], PRICES)
    assert (told.low, told.usd, told.high) == pytest.approx((1.0, 1.01, 10.1))
    assert [one.route for one in route_costs([second(*routes)])] == ["cheap", "dear"]


@pytest.mark.parametrize("value", [None, "", "7", True, -1, math.nan, math.inf, 1e12, {"$gt": 0}])
def test_a_price_that_is_none_falls_back_to_the_settings(value: object) -> None:
    assert checked_price(value, 0.09) == 0.09
    assert checked_price(0.5, 0.09) == 0.5


def test_raw_counts_stand_apart_and_add_up() -> None:
    told = dict(count_lines([second(allowed=75, blocked=25, cached_denies=5)]))
    assert told["Requests"] == "100"
    assert told["Blocked"] == "25 (25.0 %)"


def test_what_enforcing_would_do_is_said_only_where_something_was_observed() -> None:
    assert observe_text([second(allowed=5)], Offenders((), NOW)).startswith("Nothing")
    told = observe_text([second(allowed=10, would_block=4)], Offenders((offender("203.0.113.7"),), NOW))
    assert "4 of 10 requests" in told
    assert "from 1 client." in told
    shown = str(build_observed(Offenders((offender("<b>evil</b>"),), NOW), lambda path: f"/{path}"))
    assert "href='/client/%3Cb%3Eevil%3C'" in shown
    assert build_observed(Offenders((), NOW), str) is None


def test_a_heartbeat_of_another_version_breaks_no_page() -> None:
    assert len(worker_lines([{"workers": [{}, {"pid": 2, "p50_ms": "fast", "degraded": True}]}], NOW)) == 2


def test_health_says_what_is_old_missing_or_differs_between_workers() -> None:
    fresh = {
        "node": "a",
        "pid": 1,
        "country_db": "City, 3 days old",
        "list_dates": {"iporigin": "2025-11-14"},
    }
    behind = fresh | {"pid": 2, "lists_version": 7, "policy_fault": "line 3", "shed": 1_234}
    told = data_lines([{"workers": [fresh, behind]}, {"workers": [fresh]}], NOW)
    assert ("Networks of hosting providers, VPN and Tor", "of 2025-11-14, 10 days old", "2 workers") in told
    assert ("Published addresses of crawlers", "missing: nothing of it is known", "2 workers") in told
    assert ("Allow-list and deny-list", "change number 0", "a:1") in told
    assert ("Allow-list and deny-list", "change number 7", "a:2") in told
    assert ("GeoIP country", "City, 3 days old", "2 workers") in told
    ((*_, policy), (*_, faulty)) = worker_lines([{"workers": [fresh, behind]}], NOW)
    assert "FAULTY" not in policy
    assert "line 3" in faulty
    assert "1,234" in worker_lines([{"workers": [behind]}], NOW)[0]


def test_a_recorder_that_cannot_count_dropped_datagrams_does_not_claim_zero() -> None:
    status = {"_id": "edge", "ts": datetime.fromtimestamp(NOW - 4, UTC), "dropped_datagrams": 0}
    assert "not known here" in recorder_lines([status | {"drops_countable": False}], NOW)[0]
    assert "4 s ago" in recorder_lines([status], NOW)[0]
    assert newest_text(NOW - 90, NOW) == "90 s ago"
    assert newest_text(None, NOW).startswith("none")


@pytest.mark.parametrize(
    ("likely", "blocked", "said", "is_worth_a_look"),
    [
        (0, 0, "Nothing was blocked", False),
        (0, 2_740, "0 of 2,740 blocked requests", False),
        (20, 2_740, "20 of 2,740 blocked requests (0.7 %)", False),
        (274, 2_740, "(10.0 %)", True),
    ],
)
def test_likely_harm_is_told_as_a_share_of_what_was_blocked(
    likely: int, blocked: int, said: str, is_worth_a_look: bool
) -> None:
    told = harm(
        [second(blocked=blocked - 1, likely_harm=0), second(blocked=1, likely_harm=likely)] if blocked else []
    )
    assert said in harm_text(told)
    assert told.is_worth_a_look is is_worth_a_look
    assert ("unban" in harm_text(told)) is is_worth_a_look
    assert 0.0 <= told.on_scale <= 1.0
