"""Seconds into points of a chart."""

import pytest

from dash_app.ranges import RANGES, Range, traffic_points
from dash_app.rows import TrafficRow
from dash_app.traffic_grain import Grain


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


def test_the_running_bucket_of_a_long_range_is_the_mean_of_what_there_is_of_it() -> None:
    span = RANGES["30d"]
    rows = [row(0, allowed=7_200), row(7_200, allowed=900)]
    assert [point.allowed for point in traffic_points(rows, span, 0, 7_200 + 900)] == [1, 1]


def test_a_long_range_is_drawn_to_the_last_moment_and_a_live_one_in_whole_buckets() -> None:
    assert RANGES["30d"].end_of_settled(1_000_000.0) == 1_000_000 - 3
    assert RANGES["1h"].end_of_settled(1_000_000.0) == 999_990


@pytest.mark.parametrize(
    ("key", "grain", "note"),
    [
        ("5m", Grain.SECOND, "second"),
        ("15m", Grain.SECOND, "3 seconds"),
        ("1h", Grain.SECOND, "15 seconds"),
        ("6h", Grain.MINUTE, "minute"),
        ("24h", Grain.MINUTE, "5 minutes"),
        ("7d", Grain.HOUR, "hour"),
        ("30d", Grain.HOUR, "2 hours"),
    ],
)
def test_every_range_has_whole_documents_in_a_bucket_and_says_its_length(
    key: str, grain: Grain, note: str
) -> None:
    span = RANGES[key]
    assert span.grain(1_000_000_000.0) is grain
    assert span.as_read(1_000_000_000.0) is span
    assert span.bucket_note == f"requests a second, mean of each {note}, UTC"


@pytest.mark.parametrize(("days", "bucket"), [(1, 3), (3, 60), (9, 3_600)])
def test_an_old_custom_range_is_drawn_in_what_is_still_kept(days: int, bucket: int) -> None:
    now = 1_763_894_130.0
    start = int(now) - days * 86_400
    span = Range("custom", "", 900, 3, until=start + 900).as_read(now)
    assert span.bucket_seconds == bucket
    assert span.first_bucket(now) % bucket == 0
    assert span.end_of_settled(now) == span.grain(now).ceil(start + 900)
