"""make attack: a launch with shoppers, an office and a sneaker bot against a running gateway.

python -m load.attack [--seconds 60] [--gateway http://127.0.0.1:8080] [--humans 30] [--json FILE]
"""

from __future__ import annotations

# ruff: noqa: E402  gevent must replace the socket module before anything else imports it
import gevent.monkey

gevent.monkey.patch_all()

import argparse
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from time import monotonic
from typing import Any

import gevent
from locust.env import Environment

from load.client_user import ClientUser
from load.human_shopper import HumanShopper
from load.ledger import Ledger
from load.loopback import default_dashboard, default_gateway, loopback_url
from load.office_nat import OfficeWorker
from load.promises import check
from load.report import lines, to_mapping
from load.slow_scraper import SlowScraper
from load.sneaker_bot import SneakerBot

OFFICE_PEOPLE = 25
LEAST_SECONDS = 10  # people take a few seconds to look at a page, and the bot comes after five
MOST_SECONDS = 600  # a scenario, not a soak test
STOP_SECONDS = 12  # people finish the step they are in, so that no order is cut in half
SPAWNED_PER_SECOND = 100  # everyone is there at once; each waits a moment of their own first
EXIT_KEPT, EXIT_BROKEN, EXIT_CANNOT_RUN = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Run the scenario. Exit status 0 only where every promise was kept."""
    chosen = _parser().parse_args(arguments)
    if fault := gateway_fault(chosen.gateway):
        print(f"attack: {fault}", file=sys.stderr)
        return EXIT_CANNOT_RUN
    ledger = play(chosen.gateway, chosen.seconds, chosen.humans)
    promises = check(ledger)
    for line in lines(ledger, promises, chosen.dashboard):
        print(line)
    if chosen.json:
        chosen.json.write_text(json.dumps(to_mapping(ledger, promises), indent=2) + "\n")
    return EXIT_KEPT if all(one.kept for one in promises) else EXIT_BROKEN


def play(gateway: str, seconds: int, humans: int) -> Ledger:
    """Everyone at once for so many seconds; returns what happened."""
    HumanShopper.fixed_count, OfficeWorker.fixed_count = humans, OFFICE_PEOPLE
    classes: list[Any] = [HumanShopper, OfficeWorker, SneakerBot, SlowScraper]
    environment = Environment(user_classes=classes, host=gateway, stop_timeout=STOP_SECONDS)
    ledger = ClientUser.ledger = Ledger()
    runner = environment.create_local_runner()
    runner.start(sum(one.fixed_count for one in classes), spawn_rate=SPAWNED_PER_SECOND)
    ends = monotonic() + seconds
    while (left := ends - monotonic()) > 0:
        _show_progress(ledger, f"{left:3.0f} s left")
        gevent.sleep(min(1.0, left))
    _show_progress(ledger, "people finish their last step")
    runner.stop()
    runner.quit()
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return ledger


def _show_progress(ledger: Ledger, state: str) -> None:
    totals = ledger.totals()
    orders = sum(one.orders_completed for one in ledger.accounts.values())
    text = f"{state}: {totals['requests']:,} requests, {totals['blocked']:,} blocked, {orders} orders"
    if sys.stderr.isatty():
        print(f"\r{text:78}", end="", file=sys.stderr, flush=True)
    elif "0 s left" in state or "finish" in state:
        print(text, file=sys.stderr, flush=True)


def gateway_fault(gateway: str) -> str | None:
    """Why nothing can be sent there; None when it answers."""
    try:
        with urllib.request.urlopen(gateway + "/healthz", timeout=5) as reply:  # noqa: S310  loopback http only
            return (
                None
                if reply.status == 200
                else f"{gateway} answers {reply.status}: is UPSTREAM the sample shop?"
            )
    except urllib.error.HTTPError as error:
        return (
            f"{gateway}/healthz answers {error.code}: is the sample shop behind it (make run, no UPSTREAM)?"
        )
    except OSError as error:
        return f"{gateway} does not answer ({error}): start it with `make run`, or name it with --gateway"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m load.attack", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=_seconds, default=60, help="how long (default 60)")
    parser.add_argument("--gateway", type=loopback_url, default=default_gateway(), metavar="URL")
    parser.add_argument("--dashboard", default=default_dashboard(), metavar="URL", help="named in the report")
    parser.add_argument("--humans", type=int, default=30, help="shoppers at home (default 30)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON, too")
    return parser


def _seconds(text: str) -> int:
    if not text.isdecimal() or not LEAST_SECONDS <= int(text) <= MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"write {LEAST_SECONDS} to {MOST_SECONDS}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
