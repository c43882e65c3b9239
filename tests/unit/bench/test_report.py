"""The tables that go into the documentation."""

from load.bench.report import report, spread
from load.bench.scenarios import SCENARIOS
from load.bench.targets import targets
from tests.unit.bench.results_made import latency, made_results


def made_report() -> str:
    results = made_results()
    return report(results, list(targets(results)))


def test_the_spread_is_the_lowest_and_the_highest_round() -> None:
    assert spread([900.0, 1000.0, 1500.0]) == "900 to 1,500"


def test_a_single_round_has_no_spread() -> None:
    assert spread([900.0]) == "–"


def test_there_is_a_line_for_every_scenario() -> None:
    text = made_report()
    assert [scenario.key for scenario in SCENARIOS if f"| `{scenario.key}` |" not in text] == []
    assert "| `ceiling_rps` | 1,000 | 900 to 1,500 |" in text


def test_what_is_not_installed_says_how_to_install_it() -> None:
    assert "| `lua_in_nginx_many_rps` | – | not installed: apt install peer |" in made_report()


def test_added_latency_shows_its_rounds_and_what_it_comes_on_top_of() -> None:
    text = made_report()
    assert "| `allow` | 1,000 | +0.60 (+0.50 to +1.00) | +1.00 (-7.00 to +1.50) |" in text
    assert "| no guard, in all | 1,000 | 0.20 | 1.00 | 9.00 |" in text


def test_a_rate_that_was_not_reached_says_so() -> None:
    results = made_results()
    results.latency["allow", 1000] = [latency(80.0, 90.0, rate=640.0)] * 3
    assert "| `allow` | 1,000 not reached: 640 |" in report(results, [])


def test_costs_are_told_in_their_units() -> None:
    text = made_report()
    assert "| CPU of decider | 60.0 ms |" in text
    assert "| a worker | 61 MB | resident after 1,000,000 clients; 52 MB before |" in text


def test_promises_are_told_with_bound_figure_and_outcome() -> None:
    text = made_report()
    assert "| guarded_many_clients_rps / ceiling_rps | ≥ 0.45 | 1.00 | met |" in text
    assert "| guarded_many_clients_rps / lua_in_nginx_many_rps | ≥ 1.3 | – | not measured |" in text


def test_the_tables_name_command_rounds_and_machine() -> None:
    first = made_report().splitlines()[0]
    assert first == "Measured with `make bench`, medians of 3 alternating rounds; cores 2."


def test_a_quick_run_says_that_it_is_quick() -> None:
    results = made_results()
    assert "Quick run" not in report(results, [])
    results.quick = True
    assert report(results, []).startswith("**Quick run**")
