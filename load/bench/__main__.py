"""`python -m load.bench`: start everything, measure in rounds, print the table, write bench.json."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from load.bench.clients import MANY
from load.bench.engine_cost import measure_engine
from load.bench.fixed_rate import Latency, measure_latency
from load.bench.gates import Gates, open_gates
from load.bench.machine import describe_machine
from load.bench.report import Results, table, write_json
from load.bench.scenarios import LATENCY_RATE, SCENARIOS, Gate, Scenario
from load.bench.servers import Servers
from load.bench.wrk import run_wrk

DEFAULT_ROUNDS = 5
DEFAULT_SECONDS = 6
WARM_UP_SECONDS = 2
SETTLE_SECONDS = 1.5  # heartbeats carry the decider's totals once a second
LEAST_DECIDED = 0.99  # below it a figure is not the guard's but the fail-open's
ATTEMPTS = 3


class NotDecided(RuntimeError):
    """Requests passed the guard without a decision."""


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 measured, 1 something did not work, 2 wrong arguments."""
    options = _parser().parse_args(arguments)
    results = Results(describe_machine())
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder, Servers(Path(folder)) as servers:
            _say("starting servers")
            gates = open_gates(servers)
            for number in range(1, options.rounds + 1):
                _round(gates, results, number, options)
    except RuntimeError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted, nothing written", file=sys.stderr)
        return 1
    print(table(results))
    print(f"\nwritten: {write_json(results, options.run_dir)}")
    return 0


def _round(gates: Gates, results: Results, number: int, options: argparse.Namespace) -> None:
    for scenario in SCENARIOS:
        rps = _patiently(gates, scenario, options.seconds, results)
        results.rps.setdefault(scenario.key, []).append(rps)
        _say(f"round {number}/{options.rounds}  {scenario.key:<26} {rps:>10,.0f}")
    bare = measure_latency(gates.ports[Gate.UNGUARDED], LATENCY_RATE, options.seconds, MANY)
    guarded = measure_latency(gates.ports[Gate.OBSERVE], LATENCY_RATE, options.seconds, MANY)
    results.latency.append((_flawless(bare, "unguarded"), _flawless(guarded, "guarded")))
    results.engine.append(measure_engine())
    _say(
        f"round {number}/{options.rounds}  {f'added ms at {LATENCY_RATE}/s':<26} "
        f"p50 {guarded.p50_ms - bare.p50_ms:.3f}  p99 {guarded.p99_ms - bare.p99_ms:.3f}"
    )


def _patiently(gates: Gates, scenario: Scenario, seconds: int, results: Results) -> float:
    """A run in which the machine stalled and the breaker opened is run again, and counted as such."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _throughput(gates, scenario, seconds)
        except NotDecided as error:
            results.repeated += 1
            _say(f"again: {error}")
    return _throughput(gates, scenario, seconds)


def _throughput(gates: Gates, scenario: Scenario, seconds: int) -> float:
    """Requests a second. Raises RuntimeError when an answer is not the one the scenario is about."""
    url = f"http://127.0.0.1:{gates.ports[scenario.gate]}/"
    run_wrk(url, scenario.clients, WARM_UP_SECONDS)  # also fills a deny cache, which empties within seconds
    before = gates.decisions()
    run = run_wrk(url, scenario.clients, seconds)
    wrong = run.requests - run.errors if scenario.denied else run.errors
    if wrong or run.broken:
        expected = "403" if scenario.denied else "200"
        raise RuntimeError(
            f"{scenario.key}: {wrong} answers other than {expected}, {run.broken} broken connections"
        )
    if scenario.gate is Gate.OBSERVE:
        time.sleep(SETTLE_SECONDS)
        decided = (gates.decisions() - before) / run.requests
        if decided < LEAST_DECIDED:
            raise NotDecided(
                f"{scenario.key}: only {decided:.1%} of the requests were decided, the rest passed fail-open"
            )
    return run.rps


def _flawless(latency: Latency, name: str) -> Latency:
    if latency.errors:
        raise RuntimeError(f"{name} at {LATENCY_RATE}/s: {latency.errors} answers other than 200")
    return latency


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m load.bench",
        description="Measure on this machine: requests a second with and without the guard, and added "
        "latency. Starts its own servers on free ports of loopback and stops them.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--rounds", type=_positive, default=DEFAULT_ROUNDS, help="every scenario once a round"
    )
    parser.add_argument(
        "--seconds", type=_positive, default=DEFAULT_SECONDS, help="length of each measurement"
    )
    parser.add_argument(
        "--run-dir",
        type=Path,
        default=Path(os.environ.get("RUN_DIR") or ".run"),
        help="where bench.json goes",
    )
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
