"""`replay LOG...`: what the policy would have done to last week's traffic, before it is turned on."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from decider.commands.console import Console
from decider.core.errors import FaultyInput
from decider.policy_source import PolicySource, known_profiles, profile_fault
from decider.replay.run import ReplayOptions, ReplayResult, replay

BAR_CHARACTERS = 30


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "replay",
        parents=[common],
        help="run access logs through the engine, without Redis or network",
        description="Sorts the lines of all files (plain or .gz) by time and runs the real engine over them. "
        "Each line's status is given back after its decision, as the recorder does live.",
    )
    parser.add_argument(
        "logs", nargs="+", type=Path, metavar="LOG", help="access logs in combined or JSON format"
    )
    parser.add_argument("--out", type=Path, metavar="CSV", help="write every decision to this file")
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help="policy to try and to compare with the running one, which DECIDER_POLICY and DECIDER_PROFILE "
        "name, or the shipped one (default: the shipped one alone)",
    )
    parser.add_argument(
        "--format", choices=("auto", "combined", "json"), default="auto", help="(default: auto)"
    )
    parser.add_argument(
        "--without", type=_names, default=(), metavar="SIGNAL,...", help="signals to switch off, by name"
    )
    parser.add_argument(
        "--host",
        type=_names,
        default=(),
        metavar="HOST,...",
        help="the site's own hosts, where the log does not name them (default: found by its referers)",
    )
    parser.add_argument(
        "--keep-exempt",
        action="store_true",
        help="let private and other exempt networks pass as the policy does live (default: judge them too)",
    )
    parser.set_defaults(offline=run)


def run(chosen: argparse.Namespace, console: Console) -> int:
    """Replay and print the summary."""
    options = ReplayOptions(
        tuple(chosen.logs),
        chosen.out,
        chosen.policy,
        chosen.format,
        chosen.without,
        chosen.host,
        chosen.keep_exempt,
        _running(os.environ) if chosen.policy else None,
    )
    result = replay(options, _progress if sys.stderr.isatty() and not chosen.json else _silent)
    return console.answer(_mapping(result), _lines(result, options))


def _lines(result: ReplayResult, options: ReplayOptions) -> list[str]:
    reading = result.reading
    lines = list(result.summary.lines())
    lines += result.comparison.lines() if result.comparison else []
    lines += [
        "",
        f"{reading.lines} lines in {result.seconds_reading:.1f} s, "
        f"{result.summary.requests} decisions in {result.seconds_deciding:.1f} s",
        f"own hosts: {', '.join(result.hosts) or 'none found; --host names them'}",
    ]
    if result.exempt_requests and not options.keep_exempt:
        lines.append(
            f"{result.exempt_requests} requests came from exempt networks; they were judged like all others "
            "(--keep-exempt lets them pass, as live)"
        )
    if reading.not_http:
        lines.append(f"{reading.not_http} lines were no HTTP request (Nginx never asks about those)")
    if reading.unreadable:
        lines.append(f"{reading.unreadable} lines could not be read, for example:")
        lines += [f"  {sample}" for sample in reading.samples]
    lines += [f"{path} is cut short; read up to there" for path in reading.cut_short]
    if options.out:
        lines.append(f"decisions: {options.out}")
    return lines


def _mapping(result: ReplayResult) -> dict[str, Any]:
    reading = result.reading
    comparison = {} if result.comparison is None else {"comparison": result.comparison.to_mapping()}
    return (
        result.summary.to_mapping()
        | comparison
        | {
            "lines": reading.lines,
            "not_http": reading.not_http,
            "unreadable": reading.unreadable,
            "unreadable_samples": reading.samples,
            "cut_short": reading.cut_short,
            "hosts": result.hosts,
            "exempt_requests": result.exempt_requests,
            "seconds_reading": round(result.seconds_reading, 3),
            "seconds_deciding": round(result.seconds_deciding, 3),
        }
    )


def _progress(stage: str, done: int, total: int) -> None:
    share = done / total if total else 1.0
    filled = int(BAR_CHARACTERS * share)
    bar = "#" * filled + "." * (BAR_CHARACTERS - filled)
    end = "\n" if done >= total else ""
    print(f"\r{stage:9} [{bar}] {share:4.0%}", end=end, file=sys.stderr, flush=True)


def _silent(_stage: str, _done: int, _total: int) -> None:
    return None


def _running(environment: Mapping[str, str]) -> PolicySource:
    path, profile = environment.get("DECIDER_POLICY"), environment.get("DECIDER_PROFILE")
    if profile and profile not in known_profiles():
        raise FaultyInput([f"DECIDER_PROFILE: {profile_fault(profile)}"])
    return PolicySource(Path(path) if path else None, profile=profile or None)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
