"""Seconds into points of a chart."""

from dash_app.ranges import RANGES, traffic_points
from dash_app.rows import TrafficRow


def row(second: int, allowed: int = 0, blocked: int = 0, cached: int = 0) -> TrafficRow:
    return TrafficRow(second, allowed, blocked, cached, 0, 0, {}, ())


def test_a_silent_second_is_zero_and_not_missing() -> None:
    points = traffic_points([row(100, allowed=5)], RANGES["5m"], 99, 102)
    assert [(point.start, point.allowed) for point in points] == [(99, 0), (100, 5), (101, 0)]


def test_cached_denies_are_stacked_apart_from_what_the_decider_blocked_itself() -> None:
    (point,) = traffic_points([row(100, blocked=10, cached=7)], RANGES["5m"], 100, 101)
    assert (point.blocked, point.cached_denies) == (3, 7)


def test_a_bucket_holds_the_mean_of_its_seconds_over_all_nodes() -> None:
    rows = [row(900, allowed=3), row(900, allowed=3), row(902, allowed=6)]
    (point,) = traffic_points(rows, RANGES["15m"], 900, 903)
    assert point.allowed == 4


def test_no_range_draws_more_points_than_a_browser_likes() -> None:
    assert all(one.seconds / one.bucket_seconds <= 500 for one in RANGES.values())


def test_buckets_stand_still_while_time_goes_on() -> None:
    span = RANGES["1h"]
    assert span.first_bucket(10_000.0) % 15 == 0
    assert span.end_of_settled(10_000.0) == span.end_of_settled(10_004.0)
