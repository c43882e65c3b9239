"""Rollups: the traffic of a node in one minute or hour, summed from finer documents of the same shape.

A rollup is rebuilt from all that it sums and replaces what was there, so building it twice changes nothing.

    rollup(Grain.MINUTE, 29_398_145, "edge", seconds)    # the seconds of that minute
    rollup(Grain.HOUR, 489_969, "edge", minutes)         # the minutes of that hour
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from decider.core.traffic_second import OTHER_SIGNAL, SIGNALS_A_SECOND

COUNTS = (
    *("requests", "allowed", "blocked", "cached_denies", "would_block", "fail_open", "malformed_lines"),
    *("likely_harm", "upstream_seconds", "upstream_bytes"),
)
#: The totals by name: field of the document, field of the name, what is summed.
SHARES = (
    ("by_country", "country", ("allowed", "blocked")),
    ("by_route", "route", ("allowed", "blocked", "upstream_seconds", "bytes")),
    ("by_signal", "signal", ("blocked",)),
)
SIGNALS_A_ROLLUP = SIGNALS_A_SECOND  # as of a second: an hour of forged names must not outgrow a document

Document = Mapping[str, Any]


class Grain(Enum):
    """How long a rollup is, in seconds."""

    MINUTE = 60
    HOUR = 3_600

    def number(self, second: int) -> int:
        """The minute or hour (since the epoch) that holds this second."""
        return second // self.value

    def start(self, number: int) -> datetime:
        """Its first moment, UTC."""
        return datetime.fromtimestamp(number * self.value, UTC)


def rollup(grain: Grain, number: int, node: str, parts: Sequence[Document]) -> dict[str, Any]:
    """The document of one minute or hour, with the fields of a second's; largest shares first.

    A field that a part lacks (written by an older version) counts as zero.
    """
    summed: dict[str, Any] = {"_id": f"{node}:{number}", "ts": grain.start(number), "node": node}
    summed |= {name: _rounded(sum(part.get(name, 0) for part in parts)) for name in COUNTS}
    for field, key, counts in SHARES:
        summed[field] = _merged(key, counts, (one for part in parts for one in part.get(field, ())))
    summed["by_signal"] = _bounded_signals(summed["by_signal"])
    return summed


def rollups(grain: Grain, node: str, parts: Iterable[Document]) -> list[dict[str, Any]]:
    """One document for each minute or hour that any part lies in, oldest first."""
    grouped: defaultdict[int, list[Document]] = defaultdict(list)
    for part in parts:
        grouped[grain.number(int(part["ts"].timestamp()))].append(part)
    return [rollup(grain, number, node, grouped[number]) for number in sorted(grouped)]


def _merged(key: str, counts: Sequence[str], shares: Iterable[Document]) -> list[dict[str, Any]]:
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for share in shares:
        total = totals[share[key]]
        for name in counts:
            total[name] += share.get(name, 0)
    merged = [{key: one} | {name: _rounded(total[name]) for name in counts} for one, total in totals.items()]
    return sorted(merged, key=lambda one: (-one.get("allowed", 0) - one["blocked"], one[key]))


def _bounded_signals(shares: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(shares) <= SIGNALS_A_ROLLUP:
        return shares
    named = [one for one in shares if one["signal"] != OTHER_SIGNAL]
    kept = named[: SIGNALS_A_ROLLUP - 1]
    rest = sum(one["blocked"] for one in shares) - sum(one["blocked"] for one in kept)
    return _merged("signal", ("blocked",), [*kept, {"signal": OTHER_SIGNAL, "blocked": rest}])


def _rounded(total: float) -> float:
    """As the seconds are: to the millisecond; whole numbers stay whole."""
    return round(total, 3) if isinstance(total, float) else total
