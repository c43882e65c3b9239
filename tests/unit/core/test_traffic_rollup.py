"""Rollups: every field summed, names merged, bounded, and the same however often and in what steps."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from decider.core.access_line import AccessLine, Outcome
from decider.core.traffic_rollup import COUNTS, SIGNALS_A_ROLLUP, Grain, rollup, rollups
from decider.core.traffic_second import TrafficSecond

START = 1_763_888_400  # 2025-11-23 09:00:00 UTC
MINUTE, HOUR = START // 60, START // 3_600


def second(at: int, **fields: Any) -> dict[str, Any]:
    return TrafficSecond().document("edge", at) | fields


def busy_second(at: int, chance: random.Random) -> dict[str, Any]:
    traffic = TrafficSecond(malformed_lines=chance.randrange(3), likely_harm=chance.randrange(3))
    for _ in range(chance.randrange(1, 20)):
        outcome = chance.choice([Outcome.ALLOWED, Outcome.BLOCKED, Outcome.WOULD_BLOCK, Outcome.UNGUARDED])
        reasons = chance.choice(["burst=0.62", "regularity=0.41", ""])
        line = AccessLine("203.0.113.7", "GET", "/", 200, outcome, reasons, False, 0.1, 100)
        traffic.add(line, chance.choice(["DE", "SG"]), chance.choice(["page", "checkout"]))
    return traffic.document("edge", at)


@pytest.mark.parametrize("name", COUNTS)
def test_every_count_is_summed(name: str) -> None:
    summed = rollup(Grain.MINUTE, MINUTE, "edge", [second(START, **{name: 3}), second(START, **{name: 4})])
    assert {field: summed[field] for field in COUNTS if summed[field]} == {name: 7}


def test_a_rollup_has_every_field_of_a_second() -> None:
    assert list(rollup(Grain.HOUR, HOUR, "edge", [])) == list(second(START))


@pytest.mark.parametrize(
    ("field", "parts", "merged"),
    [
        (
            "by_country",
            [
                [{"country": "DE", "allowed": 1, "blocked": 2}],
                [
                    {"country": "SG", "allowed": 0, "blocked": 9},
                    {"country": "DE", "allowed": 3, "blocked": 0},
                ],
            ],
            [{"country": "SG", "allowed": 0, "blocked": 9}, {"country": "DE", "allowed": 4, "blocked": 2}],
        ),
        (
            "by_route",
            [
                [{"route": "page", "allowed": 1, "blocked": 0, "upstream_seconds": 0.1, "bytes": 10}],
                [{"route": "page", "allowed": 2, "blocked": 1, "upstream_seconds": 0.2, "bytes": 5}],
            ],
            [{"route": "page", "allowed": 3, "blocked": 1, "upstream_seconds": 0.3, "bytes": 15}],
        ),
        (
            "by_signal",
            [[{"signal": "burst", "blocked": 1}], [{"signal": "burst", "blocked": 1}], []],
            [{"signal": "burst", "blocked": 2}],
        ),
    ],
)
def test_shares_are_merged_by_name(
    field: str, parts: list[list[dict[str, Any]]], merged: list[dict[str, Any]]
) -> None:
    seconds = [second(START + place, **{field: part}) for place, part in enumerate(parts)]
    assert rollup(Grain.MINUTE, MINUTE, "edge", seconds)[field] == merged


def test_a_rollup_is_named_by_its_node_and_number_and_begins_at_its_start() -> None:
    parts = [second(START + 59), second(START + 60), second(START + 61)]
    found = rollups(Grain.MINUTE, "edge", parts)
    assert [one["_id"] for one in found] == [f"edge:{MINUTE}", f"edge:{MINUTE + 1}"]
    assert [one["ts"] for one in found] == [
        datetime(2025, 11, 23, 9, 0, tzinfo=UTC),
        datetime(2025, 11, 23, 9, 1, tzinfo=UTC),
    ]
    (hour,) = rollups(Grain.HOUR, "edge", found)
    assert (hour["_id"], hour["ts"]) == (f"edge:{HOUR}", datetime(2025, 11, 23, 9, 0, tzinfo=UTC))


def test_an_hour_of_minutes_is_the_hour_of_its_seconds() -> None:
    chance = random.Random(7)
    seconds = [busy_second(START + at, chance) for at in range(3_600)]
    (of_seconds,) = rollups(Grain.HOUR, "edge", seconds)
    (of_minutes,) = rollups(Grain.HOUR, "edge", rollups(Grain.MINUTE, "edge", seconds))
    assert of_minutes == of_seconds
    assert of_seconds["requests"] == sum(one["requests"] for one in seconds) > 30_000


def test_forged_signal_names_do_not_grow_a_rollup_and_no_request_gets_lost() -> None:
    parts = [
        second(START + at, by_signal=[{"signal": f"forged{at}-{name}", "blocked": 1} for name in range(64)])
        for at in range(60)
    ]
    parts.append(
        second(START, by_signal=[{"signal": "burst", "blocked": 50}, {"signal": "other", "blocked": 2}])
    )
    shares = rollup(Grain.MINUTE, MINUTE, "edge", parts)["by_signal"]
    assert len(shares) == SIGNALS_A_ROLLUP
    assert {"signal": "burst", "blocked": 50} in shares
    assert sum(one["blocked"] for one in shares) == 60 * 64 + 52


def test_a_field_that_an_older_version_did_not_write_counts_as_zero() -> None:
    old = {"_id": "edge:1", "ts": datetime.fromtimestamp(START, UTC), "node": "edge", "requests": 5}
    (summed,) = rollups(Grain.MINUTE, "edge", [old])
    assert (summed["requests"], summed["likely_harm"], summed["by_route"]) == (5, 0, [])
