"""Seconds to minutes to hours: every number a sum, every list merged, nothing lost."""

from datetime import UTC, datetime
from typing import Any

import pytest

from decider.core.access_line import AccessLine, Outcome
from decider.core.traffic_rollup import MOST_SHARES, roll_up, worth_storing
from decider.core.traffic_second import TrafficSecond

ALLOWED = AccessLine("203.0.113.7", "GET", "/", 200, Outcome.ALLOWED, "", False, 0.125, 1_000)
BLOCKED = AccessLine("203.0.113.7", "GET", "/", 403, Outcome.BLOCKED, "burst=0.62", True, 0.0, 0)


def second(at: int, *lines: AccessLine, country: str = "DE", node: str = "edge") -> dict[str, Any]:
    traffic = TrafficSecond()
    for line in lines:
        traffic.add(line, country, "page")
    return traffic.document(node, at)


@pytest.mark.parametrize(
    ("seconds", "period", "expected"),
    [
        ([], 60, {}),
        ([second(0, ALLOWED), second(59, ALLOWED, BLOCKED)], 60, {"edge:0": (3, 2, 1)}),
        ([second(59, ALLOWED), second(60, BLOCKED)], 60, {"edge:0": (1, 1, 0), "edge:1": (1, 0, 1)}),
        ([second(3_599, ALLOWED), second(3_600, ALLOWED)], 3_600, {"edge:0": (1, 1, 0), "edge:1": (1, 1, 0)}),
        (
            [second(1, ALLOWED), second(1, BLOCKED, node="other")],
            60,
            {"edge:0": (1, 1, 0), "other:0": (1, 0, 1)},
        ),
    ],
)
def test_a_second_counts_in_its_own_period_and_node(
    seconds: list[dict[str, Any]], period: int, expected: dict[str, tuple[int, int, int]]
) -> None:
    made = {one["_id"]: (one["requests"], one["allowed"], one["blocked"]) for one in roll_up(seconds, period)}
    assert made == expected


def test_a_minute_has_every_field_of_its_seconds() -> None:
    one = second(65, ALLOWED, BLOCKED)
    (minute,) = roll_up([one], 60)
    assert minute == one | {"_id": "edge:1", "ts": datetime.fromtimestamp(60, UTC)}


def test_lists_are_merged_by_name_and_the_largest_comes_first() -> None:
    (minute,) = roll_up(
        [
            second(0, ALLOWED, country="SG"),
            second(1, ALLOWED, BLOCKED),
            second(2, ALLOWED, country="SG"),
            second(3, BLOCKED, country="SG"),
        ],
        60,
    )
    assert minute["by_country"] == [
        {"country": "SG", "allowed": 2, "blocked": 1},
        {"country": "DE", "allowed": 1, "blocked": 1},
    ]
    assert minute["by_route"] == [
        {"route": "page", "allowed": 3, "blocked": 2, "upstream_seconds": 0.375, "bytes": 3_000}
    ]
    assert minute["by_signal"] == [{"signal": "burst", "blocked": 2}]


def test_hours_of_minutes_are_hours_of_seconds() -> None:
    seconds = [second(at, *(ALLOWED,) * (at % 3), BLOCKED, country=f"C{at % 7}") for at in range(0, 9_000, 7)]
    assert roll_up(roll_up(seconds, 60), 3_600) == roll_up(seconds, 3_600)


def test_the_order_of_seconds_does_not_matter() -> None:
    seconds = [second(at, ALLOWED, country=f"C{at % 5}") for at in range(120)]
    assert roll_up(reversed(seconds), 60) == roll_up(seconds, 60)


def test_what_a_newer_recorder_counts_is_added_up_too() -> None:
    (minute,) = roll_up([second(0) | {"challenged": 2}, second(1) | {"challenged": 3}], 60)
    assert minute["challenged"] == 5


def test_a_list_stays_bounded_whatever_names_it_is_given() -> None:
    many = [
        second(at) | {"by_signal": [{"signal": f"s{at}-{n}", "blocked": 1} for n in range(64)]}
        for at in range(60)
    ]
    (minute,) = roll_up(many, 60)
    assert len(minute["by_signal"]) == MOST_SHARES + 1
    assert minute["by_signal"][0] == {"signal": "other", "blocked": 60 * 64 - MOST_SHARES}


@pytest.mark.parametrize(
    ("made", "stored", "expected"),
    [
        ({"requests": 1}, None, True),
        ({"requests": 2}, {"requests": 1}, True),
        ({"requests": 1}, {"requests": 1}, False),
        ({"requests": 1, "likely_harm": 1}, {"requests": 1}, True),
        ({"requests": 1}, {"requests": 2}, False),
    ],
)
def test_a_rollup_is_replaced_by_one_that_knows_more(
    made: dict[str, int], stored: dict[str, int] | None, expected: bool
) -> None:
    assert worth_storing(made, stored) is expected
