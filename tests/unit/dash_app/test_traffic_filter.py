"""Traffic narrowed to a filter, or said to be all traffic."""

import pytest

from dash_app.event_filter import EventFilter
from dash_app.rows import RouteTraffic, TrafficRow
from dash_app.sparklines import blocked_line, heights, requests_line, saved_line, share_line, steps
from dash_app.traffic_filter import narrowed

ROUTES = (RouteTraffic("checkout", 4, 6, 1.0, 10), RouteTraffic("page", 6, 2, 1.0, 10))
ROW = TrafficRow(7, 10, 8, 3, 2, 1, {"SG": 6, "DE": 2}, ROUTES, {"SG": 1, "FR": 9})


@pytest.mark.parametrize(
    ("wanted", "field", "allowed", "blocked"),
    [
        (EventFilter(country="SG"), "country", 1, 6),
        (EventFilter(country="FR"), "country", 9, 0),
        (EventFilter(country="US"), "country", 0, 0),
        (EventFilter(excluded=(("country", "SG"),)), "country", 9, 2),
        (EventFilter(country="SG", excluded=(("country", "SG"),)), "country", 0, 0),
        (EventFilter(route="page"), "route", 6, 2),
        (EventFilter(excluded=(("route", "page"), ("route", "x"))), "route", 4, 6),
        (EventFilter(), "", 10, 8),
        (EventFilter(signal="burst"), "", 10, 8),
        (EventFilter(asn=7), "", 10, 8),
        (EventFilter(user_agent="x"), "", 10, 8),
        (EventFilter(country="SG", route="page"), "", 10, 8),
        (EventFilter(country="SG", excluded=(("asn", "7"),)), "", 10, 8),
    ],
)
def test_traffic_is_narrowed_by_one_country_or_route_and_by_nothing_else(
    wanted: EventFilter, field: str, allowed: int, blocked: int
) -> None:
    found = narrowed([ROW], wanted)
    assert (found.field, found.rows[0].allowed, found.rows[0].blocked) == (field, allowed, blocked)


def test_what_is_not_counted_apart_is_zero_and_savings_need_routes() -> None:
    by_country, by_route = (
        narrowed([ROW], one) for one in (EventFilter(country="SG"), EventFilter(route="page"))
    )
    assert by_country.rows[0].cached_denies == by_route.rows[0].would_block == 0
    assert (by_country.counts_routes, by_route.counts_routes) == (False, True)
    assert by_route.rows[0].routes == (ROUTES[1],)


def row(second: int, allowed: int, blocked: int) -> TrafficRow:
    routes = (RouteTraffic("page", allowed, blocked, 0.0, 0),)
    return TrafficRow(second, allowed, blocked, 0, 0, 0, {}, routes)


def test_a_line_has_a_point_for_each_step_and_stands_still() -> None:
    rows = [row(second, 8, 2) for second in range(1_000, 1_300)]
    by = steps(1_001, 1_300, 1)
    assert (by.seconds, len(requests_line(rows, by))) == (5, 59)
    assert set(requests_line(rows, by)) == {10.0}
    assert set(blocked_line(rows, by)) == {2.0}
    assert set(saved_line(rows, by, {"page": 0.5})) == {1.0}
    assert set(share_line(blocked_line(rows, by), requests_line(rows, by))) == {0.2}
    assert steps(1_002, 1_301, 1).first == by.first


def test_a_last_step_that_has_begun_is_the_mean_of_what_there_is_of_it() -> None:
    by = steps(0, 7_200 + 5_400, 7_200)
    assert by.rates([(0, 7_200), (7_200, 5_400)]) == [1.0, 1.0]
    assert len(steps(0, 7_200 + 60, 7_200).rates([])) == 1


def test_no_line_has_more_points_than_a_card_can_show() -> None:
    for seconds, bucket in ((300, 1), (900, 3), (3_600, 15), (86_400, 300), (30 * 86_400, 7_200), (61, 1)):
        by = steps(1_700_000_000, 1_700_000_000 + seconds, bucket)
        assert by.seconds % bucket == 0
        assert 1 <= by.last - by.first <= 61


def test_heights_are_shares_of_the_largest() -> None:
    assert heights([0, 5, 10]) == [0.0, 0.5, 1.0]
    assert heights([0, 0]) == [0.0, 0.0]
    assert heights([]) == []
