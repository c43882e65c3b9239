"""Plays a real access log through a gateway on this machine: order, addresses, user agents and pace.

python -m load.replay_log LOG... [--speed 10] [--from TIME] [--to TIME] [--limit N] [--gateway URL]
"""

from __future__ import annotations

# ruff: noqa: E402  gevent must replace the socket module before anything else imports it
import gevent.monkey

gevent.monkey.patch_all()

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from decider.core.errors import FaultyInput
from decider.replay.log_files import Reading, read_logs
from decider.replay.logged_request import LoggedRequest
from decider.replay.own_hosts import own_hosts
from load.attack import gateway_fault
from load.log_player import KIND, LogPlayer
from load.log_slice import Slice, moment, said, speed
from load.loopback import default_gateway, loopback_url

CLIENTS_SHOWN = 20
EXIT_PLAYED, EXIT_CANNOT_RUN = 0, 2


def main(arguments: list[str] | None = None) -> int:
    """Play and sum up. Exit status 2 where there is nothing to play or nobody to play to."""
    chosen = _parser().parse_args(arguments)
    try:
        reading = read_logs(chosen.logs, chosen.format, lambda *_: None)
    except FaultyInput as error:
        return _refuse(str(error))
    requests = Slice(chosen.start, chosen.end, chosen.limit).of(reading.requests)
    if not requests:
        return _refuse(_why_nothing(reading))
    if fault := gateway_fault(chosen.gateway):
        return _refuse(fault)
    hosts = (chosen.host,) if chosen.host else own_hosts(reading.requests)
    player = LogPlayer(chosen.gateway, hosts[0] if hosts else "localhost", chosen.connections)
    seconds = player.play(requests, chosen.speed, lambda done: _progress(done, len(requests)))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    result = to_mapping(player, requests, reading, seconds) | {"speed_asked": chosen.speed}
    for line in lines(result):
        print(line)
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return EXIT_PLAYED


def to_mapping(
    player: LogPlayer, requests: list[LoggedRequest], reading: Reading, seconds: float
) -> dict[str, Any]:
    """What happened, as plain values."""
    accounts = player.ledger.of_kind(KIND)
    span = requests[-1].time - requests[0].time
    return {
        "played": player.sent,
        "of": len(requests),
        "not_http": reading.not_http,
        "unreadable": reading.unreadable,
        "unreadable_samples": reading.samples,
        "cut_short": reading.cut_short,
        "from": said(requests[0].time),
        "to": said(requests[-1].time),
        "seconds": round(seconds, 2),
        "speed_reached": round(span / seconds, 2) if seconds else 0.0,
        "late": player.late,
        "statuses": {str(status): count for status, count in sorted(player.statuses.items())},
        "clients": len(accounts),
        "blocked": [
            {
                "address": one.address,
                "requests": one.requests,
                "blocked": one.blocked,
                "first_block_after_requests": one.first_block_after_requests,
            }
            for one in sorted(accounts, key=lambda one: -one.blocked)
            if one.blocked
        ],
    }


def lines(result: dict[str, Any]) -> Iterator[str]:
    """For people."""
    yield f"played {result['played']:,} of {result['of']:,} requests of {result['clients']:,} clients"
    yield f"  log time {result['from']} to {result['to']} UTC, in {result['seconds']:,} s"
    asked, reached = result["speed_asked"], result["speed_reached"]
    yield f"  speed {reached:g} of {asked:g}; {result['late']:,} requests left more than a second late"
    yield "  answers: " + ", ".join(f"{status} {count:,}" for status, count in result["statuses"].items())
    if result["not_http"] or result["unreadable"]:
        left_out = f"{result['not_http']:,} lines without a request, {result['unreadable']:,} unreadable"
        yield f"  left out: {left_out}"
        yield from (f"    {sample}" for sample in result["unreadable_samples"])
    yield from (f"  {path} is cut short; read up to there" for path in result["cut_short"])
    blocked = result["blocked"]
    yield f"  blocked clients: {len(blocked):,}"
    for one in blocked[:CLIENTS_SHOWN]:
        yield (
            f"    {one['address']:40} {one['blocked']:>7,} of {one['requests']:>7,}"
            f"   first at request {one['first_block_after_requests']:,}"
        )
    if len(blocked) > CLIENTS_SHOWN:
        yield f"    ... and {len(blocked) - CLIENTS_SHOWN:,} more (--json lists all)"


def _why_nothing(reading: Reading) -> str:
    if not reading.requests:
        return f"no request could be read in {reading.lines} lines: is it an access log? (--format)"
    first, last = reading.requests[0].time, reading.requests[-1].time
    return f"no request in this slice: the log goes from {said(first)} to {said(last)} UTC"


def _refuse(reason: str) -> int:
    for line in reason.splitlines():
        print(f"replay_log: {line}", file=sys.stderr)
    return EXIT_CANNOT_RUN


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} of {total:,} requests ({done / total:.0%})", end="", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m load.replay_log", description=__doc__.splitlines()[0])
    parser.add_argument("logs", nargs="+", type=Path, metavar="LOG", help="combined or JSON, plain or .gz")
    parser.add_argument("--gateway", type=loopback_url, default=default_gateway(), metavar="URL")
    parser.add_argument("--speed", type=speed, default=1.0, metavar="TIMES", help="faster than the log (1)")
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="first moment, ISO, UTC")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="first moment no more played")
    parser.add_argument("--limit", type=_count, metavar="N", help="no more requests than these")
    parser.add_argument("--connections", type=_count, default=16, metavar="N", help="to the gateway (16)")
    parser.add_argument("--host", metavar="HOST", help="the site's own host (default: found by its referers)")
    parser.add_argument("--format", choices=("auto", "combined", "json"), default="auto")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON, too")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: write a whole number from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
