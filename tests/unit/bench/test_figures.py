"""From what wrk and the fixed-rate client saw to the figures that the documentation states."""

import json
from pathlib import Path

import pytest

from load.bench.clients import DENIED_10K, MANY, ONE, Clients
from load.bench.engine_cost import EngineCost
from load.bench.fixed_rate import Latency, percentile
from load.bench.report import Results, spread, table, write_json
from load.bench.scenarios import SCENARIOS
from load.bench.wrk import Throughput, parse_wrk

WRK = """\
Running 2s test @ http://127.0.0.1:9/
  1 threads and 64 connections
  20000 requests in 2.00s, 3.1MB read
  Socket errors: connect 0, read 2, write 0, timeout 1
  Non-2xx or 3xx responses: 12
Requests/sec:   9998.71
Transfer/sec:      1.55MB
"""


def latency(p50_ms: float, p99_ms: float) -> Latency:
    return Latency(p50_ms=p50_ms, p99_ms=p99_ms, p999_ms=9.0, answers=100, errors=0)


def results() -> Results:
    made = Results({"cores": "2"})
    for scenario in SCENARIOS:
        made.rps[scenario.key] = [900.0, 1000.0, 1500.0]
    made.latency = [
        (latency(0.2, 1.0), latency(0.7, 2.0)),
        (latency(0.2, 1.0), latency(0.8, 2.5)),
        (latency(0.3, 9.0), latency(1.3, 2.0)),
    ]
    made.engine = [EngineCost(20.0, 15_000.0), EngineCost(22.0, 16_000.0), EngineCost(90.0, 2_000.0)]
    return made


def test_the_report_of_wrk_is_read_with_its_failures() -> None:
    assert parse_wrk(WRK) == Throughput(rps=9998.71, requests=20_000, errors=12, broken=3)


def test_a_report_without_failures_has_none() -> None:
    clean = "\n".join(line for line in WRK.splitlines() if "errors" not in line and "Non-2xx" not in line)
    assert parse_wrk(clean) == Throughput(rps=9998.71, requests=20_000, errors=0, broken=0)


def test_a_report_without_throughput_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="unable to connect"):
        parse_wrk("unable to connect to 127.0.0.1:9 Connection refused")


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 51.0), (0.99, 100.0), (1.0, 100.0)])
def test_percentiles_are_nearest_ranks(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], share) == value


def test_no_answers_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no answer"):
        percentile([], 0.5)


@pytest.mark.parametrize("clients", [ONE, MANY, DENIED_10K])
def test_every_client_has_an_address_of_its_own_in_its_blocks(clients: Clients) -> None:
    addresses = {clients.address(number) for number in range(clients.count)}
    assert len(addresses) == clients.count
    assert {int(address.split(".")[0]) for address in addresses} <= set(
        range(clients.first, clients.first + 16)
    )


def test_hardly_two_clients_share_a_network() -> None:
    networks = {MANY.address(number).rpartition(".")[0] for number in range(MANY.count)}
    assert len(networks) > 0.8 * MANY.count


def test_the_json_has_exactly_the_named_figures(tmp_path: Path) -> None:
    figures = json.loads(write_json(results(), tmp_path).read_text())
    assert set(figures) == {
        "unguarded_rps",
        "ceiling_rps",
        "guarded_one_client_rps",
        "guarded_many_clients_rps",
        "deny_cached_one_rps",
        "deny_cached_10k_rps",
        "deny_all_rps",
        "engine_us",
        "replay_lines_per_second",
        "added_p50_ms",
        "added_p99_ms",
    }
    assert figures["ceiling_rps"] == 1000.0
    # the medians of what each round added, not differences of medians
    assert figures["added_p50_ms"] == 0.6
    assert figures["added_p99_ms"] == 1.0


def test_the_spread_is_the_lowest_and_the_highest_round() -> None:
    assert spread([900.0, 1000.0, 1500.0]) == "-10 % +50 %"


def test_the_table_has_a_line_for_every_figure_and_the_ratios() -> None:
    text = table(results())
    for scenario in SCENARIOS:
        assert f"`{scenario.key}`" in text
    assert "guarded_many_clients_rps / ceiling_rps = 1.00" in text
    assert "0.500 to 1.000" in text
