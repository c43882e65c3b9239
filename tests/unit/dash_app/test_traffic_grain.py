"""Seconds, minutes or hours: by length and age of a range; whole at both ends, nothing twice, no gap."""

import pytest

from dash_app.traffic_grain import Grain, Piece, grain_of, pieces

NOW = 1_763_894_130.5  # 10:35:30.5 UTC
HOUR, DAY = 3_600, 86_400
TEN = 1_763_892_000  # 10:00
SECOND, MINUTE, HOURS = Grain.SECOND, Grain.MINUTE, Grain.HOUR


@pytest.mark.parametrize(
    ("length", "ago", "grain"),
    [
        (300, 0, SECOND),
        (HOUR, 0, SECOND),
        (HOUR + 1, 0, MINUTE),
        (2 * DAY, 0, MINUTE),
        (2 * DAY + 1, 0, HOURS),
        (30 * DAY, 0, HOURS),
        (HOUR, 2 * DAY - HOUR, SECOND),
        (HOUR, 2 * DAY, MINUTE),  # its seconds are deleted
        (DAY, 6 * DAY, MINUTE),
        (DAY, 8 * DAY, HOURS),  # its minutes are deleted
        (60, 20 * DAY, HOURS),
    ],
)
def test_the_grain_is_the_finest_that_is_quick_and_still_there(length: int, ago: int, grain: Grain) -> None:
    assert grain_of(NOW - ago - length, NOW - ago, NOW) is grain


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (NOW - 300, NOW, [Piece(SECOND, NOW - 300, NOW)]),
        (TEN - 7_170, NOW, [Piece(MINUTE, TEN - 7_200, TEN + 2_100), Piece(SECOND, TEN + 2_100, NOW)]),
        (TEN - 7_170, TEN - 30, [Piece(MINUTE, TEN - 7_200, TEN)]),
        (
            TEN - 7 * DAY + 5,
            NOW,
            [
                Piece(HOURS, TEN - 7 * DAY, TEN),
                Piece(MINUTE, TEN, TEN + 2_100),
                Piece(SECOND, TEN + 2_100, NOW),
            ],
        ),
        (TEN - 20 * DAY + 60, TEN - 20 * DAY + 120, [Piece(HOURS, TEN - 20 * DAY, TEN - 20 * DAY + HOUR)]),
        (TEN - 7 * DAY, TEN + 60, [Piece(HOURS, TEN - 7 * DAY, TEN), Piece(MINUTE, TEN, TEN + 60)]),
    ],
)
def test_rollups_are_read_whole_and_what_still_runs_from_what_is_finer(
    start: float, end: float, expected: list[Piece]
) -> None:
    assert pieces(start, end, NOW) == expected


@pytest.mark.parametrize("after_the_hour", [0.5, 29, 31, 59, 61, 89, 91, 1_800])
@pytest.mark.parametrize("length", [600, 6 * HOUR, 30 * DAY])
def test_pieces_adjoin_and_reach_until_now(after_the_hour: float, length: int) -> None:
    now = TEN + after_the_hour
    found = pieces(now - length, now, now)
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]
    assert found[0].start <= now - length
    assert found[-1].end == now
    assert all(one.end <= now - 30 for one in found if one.grain is not SECOND)


def test_a_range_that_has_not_begun_to_be_rolled_up_is_read_from_the_finer() -> None:
    """The first half minute of a clock that was set, or of a custom range that ends in the future."""
    found = pieces(NOW - 2 * HOUR, NOW + HOUR, NOW)
    assert found == [
        Piece(MINUTE, TEN - 5_100, TEN + 2_100),
        Piece(SECOND, TEN + 2_100, NOW + HOUR),
    ]
