"""Rows of a snapshot -> the small lines in the cards: a few dozen numbers each. Pure; the browser draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from dash_app.rows import TrafficRow

MOST_POINTS = 60  # a card is some 200 pixels wide
DIGITS = 3  # more than a line of 30 pixels can show


@dataclass(frozen=True, slots=True)
class Steps:
    """The points of a line: numbers ``first`` to ``last`` of steps of ``seconds``, which stand still while
    time goes on; ``end`` in epoch seconds."""

    first: int
    last: int
    seconds: int
    end: int

    def rates(self, counted: Iterable[tuple[float, float]]) -> list[float]:
        """(moment, count) summed by step, a second: the last step may have begun only."""
        totals = [0.0] * max(0, self.last - self.first)
        for moment, count in counted:
            place = int(moment // self.seconds) - self.first
            if 0 <= place < len(totals) and moment < self.end:
                totals[place] += count
        lengths = (min(self.seconds, self.end - one * self.seconds) for one in range(self.first, self.last))
        return [total / length for total, length in zip(totals, lengths, strict=True)]


def steps(start: int, end: int, bucket_seconds: int) -> Steps:
    """Of whole buckets, between two moments (epoch seconds).

    A first step that is cut off is left out, and a last one of which there is less than half.
    """
    seconds = bucket_seconds * max(1, ceil((end - start) / MOST_POINTS / bucket_seconds))
    return Steps(-(-start // seconds), end // seconds + (end % seconds >= seconds / 2), seconds, end)


def requests_line(rows: Sequence[TrafficRow], by: Steps) -> list[float]:
    """Guarded requests a second."""
    return by.rates((row.second, row.allowed + row.blocked) for row in rows)


def blocked_line(rows: Sequence[TrafficRow], by: Steps) -> list[float]:
    """Blocked requests a second."""
    return by.rates((row.second, row.blocked) for row in rows)


def saved_line(rows: Sequence[TrafficRow], by: Steps, usd_by_route: Mapping[str, float]) -> list[float]:
    """US dollars a second."""
    return by.rates(
        (row.second, sum(one.blocked * usd_by_route.get(one.route, 0.0) for one in row.routes))
        for row in rows
        if row.blocked
    )


def share_line(blocked: Sequence[float], requests: Sequence[float]) -> list[float]:
    """Blocked of all guarded requests, 0..1."""
    return [part / whole if whole else 0.0 for part, whole in zip(blocked, requests, strict=True)]


def heights(values: Sequence[float]) -> list[float]:
    """The values as shares of the largest, 0..1: what the browser draws; all zero where nothing happened."""
    most = max(values, default=0)
    return [round(value / most, DIGITS) if most > 0 else 0.0 for value in values]
