"""The query of an address, into a range; an address may come from anybody."""

from itertools import pairwise

import pytest

from dash_app.ranges import BUCKET_SECONDS, LONGEST_SECONDS, MOST_POINTS, RANGES, range_from_search

NINE = 1_795_424_400  # 2026-11-23T09:00:00Z


@pytest.mark.parametrize("key", ["5m", "15m", "1h", "6h", "24h", "7d", "30d"])
def test_a_range_of_the_choice(key: str) -> None:
    assert range_from_search(f"?country=SG&range={key}") is RANGES[key]
    assert range_from_search(f"range={key}") is RANGES[key]


def test_a_custom_range_stands_still() -> None:
    span = range_from_search("?from=2026-11-23T09:00:00Z&to=2026-11-23T10:00:00Z")
    assert (span.start(9e9), span.end(9e9), span.seconds) == (NINE, NINE + 3_600, 3_600)
    assert not span.is_live
    assert span.phrase == "from 2026-11-23 09:00:00 to 2026-11-23 10:00:00 UTC"
    assert (span.first_bucket(9e9), span.end_of_settled(9e9)) == (NINE, NINE + 3_600)


def test_an_offset_in_the_address_is_the_same_moment() -> None:
    span = range_from_search("?from=2026-11-23T10:00:00%2B01:00&to=2026-11-23T10:00:00Z")
    assert span.start(0) == NINE


@pytest.mark.parametrize(
    "search",
    [
        *(None, "", "?", "?range=", "?range=2h", "?range=5M", "?from=2026-11-23T09:00:00Z", "?from=1&to=2"),
        *("?from=2026-11-23T09:00:00&to=2026-11-23T10:00:00", "?from=now&to=later", "?" + "a=1&" * 5_000),
        "?from=2026-11-23T10:00:00Z&to=2026-11-23T09:00:00Z",
        "?from=2026-11-23T09:00:00Z&to=2026-11-23T09:00:59Z",
        "?from=2026-01-01T00:00:00Z&to=2026-11-23T09:00:00Z",
        "?from=0001-01-01T00:00:00%2B23:00&to=9999-12-31T00:00:00Z",
        "?range=%00&range=<script>",
    ],
)
def test_anything_else_is_the_default(search: str | None) -> None:
    assert range_from_search(search) is RANGES["5m"]


def test_every_custom_range_has_a_bucket_that_keeps_the_chart_small() -> None:
    assert LONGEST_SECONDS / BUCKET_SECONDS[-1] <= MOST_POINTS
    assert all(one < after for one, after in pairwise(BUCKET_SECONDS))


def test_only_short_ranges_that_end_now_are_live() -> None:
    assert [key for key, one in RANGES.items() if one.is_live] == ["5m", "15m", "1h"]
