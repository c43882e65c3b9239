"""make scenarios: bots, people and good programs against a running gateway, and the verdict each must get.

python -m load.scenarios [--only NAME,...] [--seconds 60] [--gateway http://127.0.0.1:8080] [--json FILE]
"""

from __future__ import annotations

# ruff: noqa: E402  gevent must replace the socket module before anything else imports it
import gevent.monkey

gevent.monkey.patch_all()

import argparse
import json
import logging
import sys
import urllib.request
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Any

import gevent
from locust.env import Environment

from load.attack import SPAWNED_PER_SECOND, STOP_SECONDS, gateway_fault
from load.client_user import ClientUser
from load.expected_verdicts import SCENARIOS
from load.flash_crowd import ARRIVE_SECONDS, FlashCrowdPerson
from load.ledger import Ledger
from load.loopback import default_gateway, loopback_url
from load.scenario import Outcome, Scenario, judge
from load.scenario_table import lines, to_mapping

LEAST_SECONDS = 30  # people need half a minute for an order, and a botnet to become one
MOST_SECONDS = 600
MOST_PEOPLE = 3_000  # more would share addresses with the people of other scenarios
CROWD_PATIENCE_SECONDS = 240  # a small machine takes longer to serve a crowd than the crowd to arrive
EXIT_KEPT, EXIT_BROKEN, EXIT_CANNOT_RUN = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Play them and tell. Exit status 0 only where every expected verdict came."""
    chosen = _parser().parse_args(arguments)
    if fault := gateway_fault(chosen.gateway):
        print(f"scenarios: {fault}", file=sys.stderr)
        return EXIT_CANNOT_RUN
    FlashCrowdPerson.fixed_count = chosen.people
    outcomes: list[Outcome] = []
    for round_of in _rounds(chosen.only):
        before = _fail_open(chosen.gateway)
        ledger = play(round_of, chosen.gateway, chosen.seconds)
        undecided = _fail_open(chosen.gateway) - before
        outcomes += [judge(scenario, ledger, undecided) for scenario in round_of]
    for line in lines(outcomes):
        print(line)
    if chosen.json:
        chosen.json.write_text(json.dumps(to_mapping(outcomes), indent=2) + "\n")
    return EXIT_KEPT if all(one.kept for one in outcomes) else EXIT_BROKEN


def play(scenarios: list[Scenario], gateway: str, seconds: int) -> Ledger:
    """All of a round at once; a crowd until everyone was served, everything else for so many seconds."""
    classes: list[Any] = [one.user_class for one in scenarios]
    names = ", ".join(one.name for one in scenarios)
    print(f"playing {names}", file=sys.stderr, flush=True)
    logging.getLogger("locust.runners").setLevel(logging.ERROR)  # it warns of more than 100 arrivals a second
    environment = Environment(user_classes=classes, host=gateway, stop_timeout=STOP_SECONDS)
    ledger = ClientUser.ledger = Ledger()
    runner = environment.create_local_runner()
    is_crowd = classes == [FlashCrowdPerson]
    everyone = sum(one.fixed_count for one in classes)
    runner.start(everyone, spawn_rate=everyone / ARRIVE_SECONDS if is_crowd else SPAWNED_PER_SECOND)
    started = monotonic()
    ends = started + (CROWD_PATIENCE_SECONDS if is_crowd else seconds)
    while (left := ends - monotonic()) > 0:
        _show_progress(ledger, monotonic() - started)
        gevent.sleep(min(0.5, left))
        if is_crowd and sum(one.finished for one in ledger.accounts.values()) >= everyone:
            break
    runner.stop()
    runner.quit()
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return ledger


def _rounds(scenarios: list[Scenario]) -> list[list[Scenario]]:
    """Everyone who can play at once, then each that needs the machine for itself."""
    together = [one for one in scenarios if not one.alone]
    return [part for part in (together, *([one] for one in scenarios if one.alone)) if part]


def _fail_open(gateway: str) -> Counter[str]:
    """How many requests the shop got that nobody had decided on, by client."""
    with urllib.request.urlopen(gateway + "/verdicts.json", timeout=10) as reply:  # noqa: S310  loopback only
        return Counter(json.load(reply)["fail_open_by_client"])


def _show_progress(ledger: Ledger, seconds: float) -> None:
    if sys.stderr.isatty():
        totals = ledger.totals()
        text = f"{seconds:3.0f} s: {totals['requests']:,} requests, {totals['blocked']:,} blocked"
        print(f"\r{text:78}", end="", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m load.scenarios", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only",
        type=_named,
        default=list(SCENARIOS),
        metavar="NAME,...",
        help="of " + ", ".join(one.name for one in SCENARIOS),
    )
    parser.add_argument("--seconds", type=_seconds, default=60, help="how long a round plays (default 60)")
    parser.add_argument("--people", type=_people, default=2_000, help="of the flash crowd (default 2000)")
    parser.add_argument("--gateway", type=loopback_url, default=default_gateway(), metavar="URL")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON, too")
    return parser


def _named(text: str) -> list[Scenario]:
    by_name = {one.name: one for one in SCENARIOS}
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names or not by_name.keys() >= set(names):
        raise argparse.ArgumentTypeError(f"{text!r}: write some of {', '.join(by_name)}")
    return [by_name[name] for name in dict.fromkeys(names)]


def _seconds(text: str) -> int:
    return _within(text, LEAST_SECONDS, MOST_SECONDS)


def _people(text: str) -> int:
    return _within(text, 1, MOST_PEOPLE)


def _within(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text!r}: write {least} to {most}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
