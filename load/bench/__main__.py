"""`python -m load.bench`: start everything, measure in rounds, print the tables, write bench.json."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from load.bench.client_memory import measure_memory
from load.bench.engine_cost import measure_engine
from load.bench.fixed_rate import Senders
from load.bench.gates import open_gates
from load.bench.machine import describe_machine
from load.bench.report import report
from load.bench.results import Results, write_json
from load.bench.rounds import Plan, measure_round
from load.bench.scenarios import RATES
from load.bench.servers import servers_in_folders
from load.bench.targets import targets

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Preset:
    """How much is measured; seconds of each measurement."""

    rounds: int
    seconds: int
    warm_up_seconds: int
    latency_seconds: float
    latency_warm_up_seconds: float
    clients: int
    clients_seconds: float


FULL = Preset(5, 6, 2, 5.0, 1.0, 1_000_000, 10 * MINUTE)
QUICK = Preset(1, 2, 1, 1.0, 0.4, 200_000, 15)  # in all under two minutes, on two cores


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 measured, 1 something did not work, 2 wrong arguments."""
    options = _parser().parse_args(arguments)
    preset = QUICK if options.quick else FULL
    plan = Plan(
        seconds=options.seconds or preset.seconds,
        warm_up_seconds=min(preset.warm_up_seconds, options.seconds or preset.seconds),
        latency_seconds=options.latency_seconds or preset.latency_seconds,
        latency_warm_up_seconds=preset.latency_warm_up_seconds,
        rates=tuple(options.rates),
        rounds=options.rounds or preset.rounds,
    )
    results = Results(describe_machine(), quick=options.quick)
    started = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` cleans up as Ctrl-C does
    try:
        with servers_in_folders() as servers, Senders() as senders:
            _say("starting servers")
            gates = open_gates(servers)
            for number in range(1, plan.rounds + 1):
                measure_round(
                    gates, senders, results, plan, partial(_say_in_round, f"{number}/{plan.rounds}")
                )
                results.engine.append(measure_engine())
        results.memory = measure_memory(options.clients or preset.clients, preset.clients_seconds, _say)
    except RuntimeError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted, nothing written", file=sys.stderr)
        return 1
    judged = list(targets(results))
    text = report(results, judged)
    print(text)
    written = [write_json(results, [target.as_dict() for target in judged], options.run_dir)]
    if options.markdown:
        options.markdown.write_text(text + "\n", encoding="utf-8")
        written.append(options.markdown)
    print(f"\nwritten after {time.monotonic() - started:.0f} s: {', '.join(map(str, written))}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m load.bench",
        description="Measure on this machine: requests a second with and without the guard and with one in "
        "Lua, added latency at fixed rates, processor time and memory. Starts its own servers on free "
        "ports of loopback and stops them. Leave the machine alone meanwhile.",
    )
    parser.add_argument("--quick", action="store_true", help="one short round, in under two minutes")
    parser.add_argument("--rounds", type=_positive, help=f"every scenario once a round ({FULL.rounds})")
    parser.add_argument(
        "--seconds",
        type=_positive,
        help=f"length of each throughput run ({FULL.seconds}, quick {QUICK.seconds})",
    )
    parser.add_argument(
        "--latency-seconds",
        type=_positive,
        help=f"length of each latency run ({FULL.latency_seconds:g}, quick {QUICK.latency_seconds:g})",
    )
    parser.add_argument(
        "--rates",
        type=_positive,
        nargs="+",
        default=RATES,
        metavar="RPS",
        help=f"at which latency is measured ({', '.join(map(str, RATES))})",
    )
    parser.add_argument(
        "--clients",
        type=_positive,
        help=f"distinct clients, for memory ({FULL.clients}, quick: {QUICK.clients_seconds:g} s of them)",
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there, too")
    parser.add_argument(
        "--run-dir",
        type=Path,
        default=Path(os.environ.get("RUN_DIR") or ".run"),
        help="where bench.json goes (RUN_DIR, .run)",
    )
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _say_in_round(number: str, text: str) -> None:
    _say(f"round {number}  {text}")


if __name__ == "__main__":
    sys.exit(main())
