"""Figures of the dashboard's benchmark, without a dashboard."""

from random import Random
from typing import Any

import pytest

from load.bench_dashboard.__main__ import main, table
from load.bench_dashboard.pages import Measured
from load.bench_dashboard.seed import traffic


@pytest.mark.parametrize(
    ("values", "median", "p95"),
    [((5.0,), 5.0, 5.0), (tuple(map(float, range(1, 21))), 10.0, 19.0), ((9.0, 1.0), 1.0, 9.0)],
)
def test_percentiles_are_values_that_were_measured(
    values: tuple[float, ...], median: float, p95: float
) -> None:
    one = Measured("x", values, 10.0)
    assert (one.median, one.p95) == (median, p95)


def test_a_missed_target_is_said_in_its_line() -> None:
    lines = table([Measured("a", (9.0,), 10.0), Measured("b", (11.0,), 10.0, "kB")], 1_000).splitlines()
    assert "MISSED" not in lines[1]
    assert lines[2].endswith("kB  MISSED")


def test_too_few_events_are_refused_before_anything_starts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--events", "10"]) == 2
    assert "100000 or more" in capsys.readouterr().err


def test_seeded_traffic_is_the_same_each_time_and_adds_up() -> None:
    documents: list[dict[str, Any]] = [traffic(120, 60, Random(7)) for _ in range(2)]
    assert documents[0] == documents[1]
    one = documents[0]
    assert one["_id"] == "bench:2"
    assert sum(country["blocked"] for country in one["by_country"]) == one["blocked"]
