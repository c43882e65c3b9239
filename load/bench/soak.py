"""`python -m load.bench.soak`: does a decider's worker grow with the clients it has seen, or with time?

First a million distinct clients ask once. Then, for the minutes given, new visitors, visitors who come back
and bots ask on, at a steady rate, and the worker's resident memory is read every few seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from statistics import median

from load.bench.clients import Clients
from load.bench.crowd import Crowd, crowd, question
from load.bench.guarded_redis import GuardedRedis, start_guarded_redis
from load.bench.machine import describe_machine
from load.bench.servers import Servers, servers_in_folders

CLIENTS = 1_000_000
MINUTES = 10.0
PORTION = 10_000  # clients between two looks at the memory
RATE = 1_000  # requests a second of the soak: a busy site, and room for other work on a small machine
WARM_UP_REQUESTS = 50_000  # of the soak's kind, before it: caches of paths have a size of their own to reach
LOOK_SECONDS = 5.0
BOT_EVERY = 20  # every so many requests one is a bot's
BOTS = 50  # addresses that bots share: each is banned again and again
MOST_MEGABYTES = 100.0
MOST_GROWTH = 0.02
SETTLED_LOOKS = 5  # looks at either end of the soak whose median counts
FIRST, BOT_FIRST, LATER_FIRST = 20, 100, 60  # /8 blocks


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 within the bounds, 1 not, or something did not work."""
    options = _parser().parse_args(arguments)
    try:
        with servers_in_folders() as servers:
            result = _soak(servers, options.clients, 60 * options.minutes)
    except RuntimeError as error:
        print(f"soak: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result) if options.json else _text(result))
    return 0 if result["most_megabytes"] <= MOST_MEGABYTES and result["growth"] < MOST_GROWTH else 1


def _soak(servers: Servers, clients: int, seconds: float) -> dict[str, float]:
    guarded = start_guarded_redis(servers, "soak")
    at_start = guarded.worker_megabytes()
    with crowd(guarded.decider_socket) as asking:
        for first in range(0, clients, PORTION):
            known = Clients(FIRST, clients)
            asking.ask(question(known.address(one)) for one in range(first, min(first + PORTION, clients)))
            if first % (10 * PORTION) == 0:
                _say(f"{first + PORTION:>10,} clients: {guarded.worker_megabytes():.1f} MB")
        after_clients = guarded.worker_megabytes()
        requests = _requests(clients)
        asking.ask(islice(requests, WARM_UP_REQUESTS))
        looks = list(_looks(guarded, asking, requests, seconds))
    settled = min(SETTLED_LOOKS, max(len(looks) // 2, 1))
    begin, end = median(looks[:settled]), median(looks[-settled:])
    return {
        "clients": clients,
        "soak_seconds": seconds,
        "megabytes_at_start": round(at_start, 1),
        "megabytes_after_clients": round(after_clients, 1),
        "most_megabytes": round(max([after_clients, *looks]), 1),
        "megabytes_at_begin_of_soak": round(begin, 1),
        "megabytes_at_end_of_soak": round(end, 1),
        "growth": round(end / begin - 1, 4),
        "shed": guarded.metric("shed_total"),
        "errors": guarded.metric("errors_total"),
    }


def _looks(
    guarded: GuardedRedis, asking: Crowd, requests: Iterator[bytes], seconds: float
) -> Iterator[float]:
    began, asked, look_at = time.monotonic(), 0, LOOK_SECONDS
    while (passed := time.monotonic() - began) < seconds:
        due = int(RATE * passed) - asked
        asking.ask(next(requests) for _ in range(due))
        asked += due
        if passed >= look_at:
            look_at += LOOK_SECONDS
            memory = guarded.worker_megabytes()
            _say(f"{passed:>6.0f} s: {memory:.1f} MB, {asked:,} requests")
            yield memory
        time.sleep(0.01)


def _requests(clients: int) -> Iterator[bytes]:
    """New visitors, some who come back, and bots that hammer; each path as odd as sites have them."""
    known, bots, later = Clients(FIRST, clients), Clients(BOT_FIRST, BOTS), Clients(LATER_FIRST, 1 << 24)
    number = 0
    while True:
        number += 1
        if number % BOT_EVERY == 0:
            yield question(bots.address(number // BOT_EVERY % BOTS), "/checkout", "python-requests/2.32")
        elif number % 2:
            yield question(later.address(number), f"/product/{number}?ref={number % 97}")
        else:
            yield question(known.address(number * 7919 % clients), f"/list/{number % 1000}")


def _text(result: dict[str, float]) -> str:
    machine = ", ".join(f"{name} {value}" for name, value in describe_machine().items())
    return (
        f"worker: {result['megabytes_at_start']} MB at the start, "
        f"{result['megabytes_after_clients']} MB after {result['clients']:,} clients, "
        f"most {result['most_megabytes']} MB (bound {MOST_MEGABYTES:.0f})\n"
        f"soak of {result['soak_seconds']:.0f} s at {RATE:,}/s: "
        f"{result['megabytes_at_begin_of_soak']} MB at its begin, "
        f"{result['megabytes_at_end_of_soak']} MB at its end, growth {result['growth']:.2%} "
        f"(bound {MOST_GROWTH:.0%})\n{machine}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m load.bench.soak",
        description="Watch a decider's memory over many clients and over time. Starts its own servers.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--clients", type=int, default=CLIENTS, help="distinct ones, before the soak")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of the soak after that")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
