"""Lines into seconds, seconds into documents."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from decider.core.access_line import AccessLine, Outcome
from decider.core.traffic_second import CLOCK_SLACK_SECONDS, SIGNALS_A_SECOND, TrafficFold, TrafficSecond

ALLOWED = AccessLine("203.0.113.7", "GET", "/", 200, Outcome.ALLOWED, "", False, 0.25, 1000)
BLOCKED = replace(ALLOWED, outcome=Outcome.BLOCKED, reasons="burst=0.9,regularity=0.4", upstream_seconds=0.0)


def folded(*lines: tuple[AccessLine, str, str]) -> dict[str, Any]:
    traffic = TrafficSecond()
    for line, country, route in lines:
        traffic.add(line, country, route)
    return traffic.document("edge-1", 1_763_888_711)


def test_a_second_of_mixed_traffic_becomes_one_document() -> None:
    document = folded(
        (ALLOWED, "DE", "page"),
        (ALLOWED, "DE", "checkout"),
        (replace(ALLOWED, outcome=Outcome.WOULD_BLOCK), "FR", "checkout"),
        (replace(ALLOWED, outcome=Outcome.FAIL_OPEN), "FR", "page"),
        (replace(ALLOWED, outcome=Outcome.UNGUARDED), "FR", "page"),
        (BLOCKED, "DE", "checkout"),
        (replace(BLOCKED, from_deny_cache=True), "DE", "checkout"),
        (replace(BLOCKED, reasons="ban=1.00", from_deny_cache=True), "ZZ", "checkout"),
    )
    assert document == {
        "_id": "edge-1:1763888711",
        "ts": datetime(2025, 11, 23, 9, 5, 11, tzinfo=UTC),
        "node": "edge-1",
        "requests": 8,
        "allowed": 4,
        "blocked": 3,
        "cached_denies": 2,
        "would_block": 1,
        "fail_open": 1,
        "malformed_lines": 0,
        "likely_harm": 0,
        "upstream_seconds": 1.0,
        "upstream_bytes": 4000,
        "by_country": [
            {"country": "DE", "allowed": 2, "blocked": 2},
            {"country": "FR", "allowed": 2, "blocked": 0},
            {"country": "ZZ", "allowed": 0, "blocked": 1},
        ],
        "by_route": [
            {"route": "checkout", "allowed": 2, "blocked": 3, "upstream_seconds": 0.5, "bytes": 2000},
            {"route": "page", "allowed": 2, "blocked": 0, "upstream_seconds": 0.5, "bytes": 2000},
        ],
        "by_signal": [{"signal": "burst", "blocked": 2}, {"signal": "ban", "blocked": 1}],
    }


@pytest.mark.parametrize(
    "line",
    [
        ALLOWED,
        *(
            replace(ALLOWED, outcome=outcome)
            for outcome in (Outcome.WOULD_BLOCK, Outcome.FAIL_OPEN, Outcome.UNGUARDED)
        ),
        BLOCKED,
        replace(BLOCKED, from_deny_cache=True),
    ],
)
def test_a_line_that_came_four_times_counts_as_four_lines(line: AccessLine) -> None:
    traffic = TrafficSecond()
    traffic.add(line, "DE", "page", 4)
    assert traffic.document("edge-1", 1_763_888_711) == folded(*[(line, "DE", "page")] * 4)


def test_harm_is_counted_in_the_second_it_is_noticed() -> None:
    fold = TrafficFold(100)
    fold.add_harm(100)
    fold.add_harm(101)
    fold.add_harm(101)
    assert [(second, one.likely_harm) for second, one in fold.close_before(102)] == [(100, 1), (101, 2)]


def test_forged_signal_names_cannot_grow_a_document() -> None:
    document = folded(*((replace(BLOCKED, reasons=f"s{number}=1"), "ZZ", "page") for number in range(1000)))
    assert len(document["by_signal"]) == SIGNALS_A_SECOND + 1
    assert document["by_signal"][0] == {"signal": "other", "blocked": 1000 - SIGNALS_A_SECOND}


def closed(fold: TrafficFold, second: int) -> list[tuple[int, int]]:
    return [(one, traffic.requests) for one, traffic in fold.close_before(second)]


def fill(fold: TrafficFold, *seconds: int) -> None:
    for second in seconds:
        fold.add(second, ALLOWED, "DE", "page")


def test_a_second_is_taken_once_it_is_over_and_only_once() -> None:
    fold = TrafficFold(100)
    fill(fold, 100, 100, 101, 103)
    assert closed(fold, 103) == [(100, 2), (101, 1)]
    assert closed(fold, 103) == []
    assert closed(fold, 104) == [(103, 1)]


def test_a_second_without_lines_has_no_document() -> None:
    assert TrafficFold(100).close_before(200) == []


def test_lines_before_the_first_whole_second_count_in_it() -> None:
    fold = TrafficFold(100)
    fill(fold, 99, 100)
    assert closed(fold, 100) == []
    assert closed(fold, 101) == [(100, 2)]


def test_a_late_line_never_reopens_a_second_that_was_taken() -> None:
    fold = TrafficFold(100)
    fill(fold, 100)
    assert closed(fold, 101) == [(100, 1)]
    fill(fold, 100)
    assert closed(fold, 102) == [(101, 1)]


def test_a_clock_a_little_behind_stands_still() -> None:
    fold = TrafficFold(100)
    fill(fold, 105, 105 - CLOCK_SLACK_SECONDS)
    assert closed(fold, 104) == []
    assert closed(fold, 106) == [(105, 2)]


def test_a_clock_set_back_is_followed() -> None:
    fold = TrafficFold(100)
    fill(fold, 4000)
    fill(fold, 400, 401)
    assert closed(fold, 402) == [(4000, 1), (400, 1), (401, 1)]


def test_malformed_datagrams_are_counted_in_their_second() -> None:
    fold = TrafficFold(100)
    fold.add_malformed(100)
    fold.add_malformed(100)
    ((second, traffic),) = fold.close_before(101)
    assert traffic.document("edge-1", second)["malformed_lines"] == 2
