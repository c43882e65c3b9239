"""The figures of `make detection` as lines, Markdown, JSON, and held against what is promised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from load.detection.label_sets import SetScore
from load.detection.measuring import Measured

LEAST_ALL, LEAST_EACH, LEAST_CLIENTS = 0.96, 0.87, 0.95
LEAST_WITHOUT_LISTS = 0.85
LEAST_SCANNER = 0.995
LEAST_HUB_IN_TIME = 50
MOST_HUMANS_AT_PACE = 0.01
WHITELIST = "whitelist"  # in the name of hub tests whose traffic must pass

HEADER = ("set", "bad requests", "bad clients", "humans blocked", "highest human", "good blocked")


def rows(scores: Iterator[SetScore] | list[SetScore]) -> Iterator[tuple[str, ...]]:
    """A row a set."""
    for one in scores:
        bad, human, good = one.groups["bad"], one.groups["human"], one.groups["good"]
        yield (
            one.name,
            f"{bad.requests_blocked:,} of {bad.requests:,} ({bad.request_share:.1%})",
            f"{bad.clients_blocked} of {bad.clients}",
            f"{human.clients_blocked} of {human.clients}",
            f"{human.highest:.2f}",
            f"{good.clients_blocked} of {good.clients}",
        )


def tables(measured: Measured) -> Iterator[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    """Title, header and rows of each table."""
    yield "Default policy", HEADER, list(rows([*measured.sets, measured.all_sets]))
    halves = [SetScore(name, one.groups) for name, one in measured.halves.items()]
    yield "Halves, all sets", HEADER, list(rows(halves))
    left_out = [SetScore(f"{one.name} (at {at:.2f})", one.groups) for at, one in measured.left_out]
    yield "Leave one out: the threshold that is best for the other sets", HEADER, list(rows(left_out))
    others = [
        ("every line an attack (scanners)", _share(measured.scanner_blocked, measured.scanner_requests))
    ]
    alerting, passing = _hub(measured)
    if measured.hub:
        in_time = sum(one.in_time for one in alerting)
        others.append(
            ("CrowdSec hub tests: blocked no later than CrowdSec alerts", f"{in_time} of {len(alerting)}")
        )
        blocked = sum(one.blocked for one in passing)
        others.append(("CrowdSec whitelist tests: blocked", f"{blocked} of {len(passing)}"))
    if measured.human_pace is not None:
        for group, words in (("human", "people"), ("bad", "bots")):
            one = measured.human_pace.groups[group]
            others.append(
                (
                    f"browser-driven bots at human pace: {words} blocked",
                    _share(one.clients_blocked, one.clients),
                )
            )
    yield "Other yardsticks", ("", ""), list(others)


def lines(measured: Measured) -> Iterator[str]:
    """For people at a terminal."""
    for title, header, body in tables(measured):
        widths = [max(len(row[place]) for row in [header, *body]) for place in range(len(header))]
        yield f"\n{title}"
        for row in [header, *body] if any(header) else body:
            yield (
                "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            )


def markdown(measured: Measured) -> Iterator[str]:
    """For the documentation."""
    for title, header, body in tables(measured):
        yield f"**{title}**\n"
        yield "| " + " | ".join(header) + " |"
        yield "|" + "---|" * len(header)
        for row in body:
            yield "| " + " | ".join(row) + " |"
        yield ""


def broken_promises(measured: Measured) -> list[str]:
    """What is not met, in words."""
    return [words for words, kept in _promises(measured) if not kept]


def to_mapping(measured: Measured) -> dict[str, Any]:
    """For --json."""
    return {
        title: [dict(zip(header, row, strict=True)) if any(header) else list(row) for row in body]
        for title, header, body in tables(measured)
    } | {"broken": broken_promises(measured)}


def _promises(measured: Measured) -> Iterator[tuple[str, bool]]:
    everything = measured.all_sets
    bad = everything.groups["bad"]
    yield f"bad requests blocked over all sets >= {LEAST_ALL:.0%}", bad.request_share >= LEAST_ALL
    yield f"bad clients ever blocked >= {LEAST_CLIENTS:.0%}", bad.client_share >= LEAST_CLIENTS
    yield "no human and no good bot blocked", everything.harms_nobody
    for one in measured.sets:
        yield (
            f"{one.name}: bad requests blocked >= {LEAST_EACH:.0%}",
            one.groups["bad"].request_share >= LEAST_EACH,
        )
    for name in ("no path lists", "behaviour only"):
        half = measured.halves[name]
        kept = (
            half.groups["bad"].request_share >= LEAST_WITHOUT_LISTS
            and not half.groups["human"].clients_blocked
        )
        yield f"{name}: bad requests blocked >= {LEAST_WITHOUT_LISTS:.0%}, no human", kept
    if measured.scanner_requests:
        share = measured.scanner_blocked / measured.scanner_requests
        yield f"scanners blocked >= {LEAST_SCANNER:.1%}", share >= LEAST_SCANNER
    alerting, passing = _hub(measured)
    if measured.hub:
        yield (
            f"hub tests in time >= {LEAST_HUB_IN_TIME}",
            sum(one.in_time for one in alerting) >= LEAST_HUB_IN_TIME,
        )
        yield "no whitelist test blocked", not any(one.blocked for one in passing)
    if measured.human_pace is not None:
        people = measured.human_pace.groups["human"]
        yield (
            f"people among bots at human pace blocked <= {MOST_HUMANS_AT_PACE:.0%}",
            (people.client_share <= MOST_HUMANS_AT_PACE),
        )


def _hub(measured: Measured) -> tuple[list[Any], list[Any]]:
    alerting = [one for one in measured.hub if one.test.alerts]
    return alerting, [one for one in measured.hub if WHITELIST in one.test.name]


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / whole:.1%})" if whole else "none"
