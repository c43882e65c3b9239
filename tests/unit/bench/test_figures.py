"""From rounds to the figures that the documentation states, and what is promised of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from load.bench.results import write_json
from load.bench.targets import targets
from tests.unit.bench.results_made import latency, made_results

NAMED = {
    *("unguarded_rps", "ceiling_rps", "guarded_one_client_rps", "guarded_many_clients_rps", "deny_all_rps"),
    *("deny_cached_one_rps", "deny_cached_10k_rps", "added_p50_ms", "added_p99_ms"),
}


def test_the_json_has_the_named_figures(tmp_path: Path) -> None:
    figures = json.loads(write_json(made_results(), [], tmp_path).read_text())
    assert set(figures) > NAMED
    assert figures["ceiling_rps"] == 1000.0
    # the medians of what each round added, not differences of medians
    assert figures["added_p50_ms"] == 0.6
    assert figures["added_p99_ms"] == 1.0
    assert figures["processor_ms_per_1000_decisions"] == {"decider": 60.0, "redis": 21.0}
    assert (figures["bytes_per_client"], figures["worker_mb_after_clients"]) == (340.0, 61.0)


def test_what_is_not_installed_is_null_and_not_left_out(tmp_path: Path) -> None:
    figures = json.loads(write_json(made_results(), [], tmp_path).read_text())
    assert figures["lua_in_nginx_many_rps"] is None
    rounds = json.loads((tmp_path / "bench-rounds.json").read_text())
    assert rounds["missing"]["lua_in_nginx_many_rps"] == "not installed: apt install peer"
    assert rounds["rps"]["ceiling_rps"] == [900.0, 1000.0, 1500.0]


def test_a_rate_that_was_not_reached_has_no_named_latency() -> None:
    results = made_results()
    results.latency["allow", 500] = [latency(80.0, 90.0, rate=480.0)] * 3
    assert results.figures()["added_p50_ms"] is None
    assert results.figures()["added_latency"]["allow"]["500"]["rate_reached"] is False


def test_too_few_answers_have_no_999th_of_a_thousand() -> None:
    results = made_results()
    assert results.added_ms("allow", 1000, "p999_ms") == 0.0
    few = [replace(one, answers=999) for one in results.latency["allow", 1000]]
    results.latency["allow", 1000] = few
    assert results.added_ms("allow", 1000, "p999_ms") is None
    assert results.added_ms("allow", 1000, "p99_ms") == 1.0


@pytest.mark.parametrize(
    ("name", "met"),
    [
        ("guarded_many_clients_rps / ceiling_rps", True),
        ("guarded_many_clients_rps / lua_in_nginx_many_rps", None),
        ("deny_cached_10k_logged_rps / deny_cached_10k_rps", True),
        ("allow at 1,000/s, added p50 in ms", True),
        ("allow at 1,000/s, added p99 in ms", True),
        ("fail_open at 1,000/s, added p99 in ms", None),
        ("bytes of a client record", True),
        ("MB of a worker after 1,000,000 clients", True),
    ],
)
def test_each_promise_is_met_or_not_or_not_measured(name: str, met: bool | None) -> None:
    assert {target.name: target.met for target in targets(made_results())}[name] is met


def test_a_promise_is_broken_by_a_ratio_below_and_a_latency_above() -> None:
    results = made_results()
    results.rps["guarded_many_clients_rps"] = [440.0]
    results.latency["allow", 1000] = [latency(0.9, 2.0)] * 3
    broken = {target.name for target in targets(results) if target.met is False}
    assert broken == {"guarded_many_clients_rps / ceiling_rps", "allow at 1,000/s, added p50 in ms"}


def test_the_memory_of_a_worker_is_not_judged_after_fewer_clients() -> None:
    results = made_results()
    assert results.memory is not None
    results.memory = replace(results.memory, clients=200_000)
    assert [target.value for target in targets(results) if "worker" in target.name] == [None]
