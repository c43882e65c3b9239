"""The traffic of one node in one second, folded from access lines: one MongoDB document each.

A line belongs to the second in which it arrived at the recorder. Seconds only move forward: while the clock
is a little behind, lines count in the newest second, so that no second is written twice. A clock that was set
back further is followed, because numbers an hour in the future help nobody.

    fold = TrafficFold(first_second=100)       # the recorder started at 99.4
    fold.add(99, line, "DE", "checkout")       # counts in second 100
    fold.add(101, line, "DE", "checkout")
    fold.close_before(101)                     # [(100, ...)]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from decider.core.access_line import AccessLine, Outcome, main_signal

SIGNALS_A_SECOND = 64  # names come from our own header; a forged line must not grow a document without end
OTHER_SIGNAL = "other"
CLOCK_SLACK_SECONDS = 10  # a time daemon steps back by less; an operator who sets the clock by more


@dataclass(slots=True)
class _RouteTotals:
    """``upstream_seconds`` and ``bytes`` are those of allowed requests: the price of one let through."""

    allowed: int = 0
    blocked: int = 0
    upstream_seconds: float = 0.0
    bytes: int = 0


@dataclass(slots=True)
class TrafficSecond:
    """Totals of one second. ``requests`` counts every line, guarded or not.

    ``allowed`` counts guarded requests that reached the site (would-block and fail-open among them),
    ``blocked`` those that did not (cached denies among them). ``likely_harm`` are blocked requests of
    clients that had a good outcome within a day.
    """

    requests: int = 0
    allowed: int = 0
    blocked: int = 0
    cached_denies: int = 0
    would_block: int = 0
    fail_open: int = 0
    malformed_lines: int = 0
    likely_harm: int = 0
    upstream_seconds: float = 0.0
    upstream_bytes: int = 0
    countries: dict[str, list[int]] = field(default_factory=dict)
    routes: dict[str, _RouteTotals] = field(default_factory=dict)
    signals: dict[str, int] = field(default_factory=dict)

    def add(self, line: AccessLine, country: str, route: str, times: int = 1) -> None:
        """Count a line that came so often; ``country`` is ISO-2 or ZZ, ``route`` a name from the policy."""
        self.requests += times
        if line.outcome is Outcome.UNGUARDED:
            return
        by_country = self.countries.get(country)
        if by_country is None:
            by_country = self.countries[country] = [0, 0]
        by_route = self.routes.get(route)
        if by_route is None:
            by_route = self.routes[route] = _RouteTotals()
        if line.outcome is Outcome.BLOCKED:
            by_country[1] += times
            by_route.blocked += times
            self._add_blocked(line, times)
        else:
            by_country[0] += times
            self._add_allowed(line, by_route, times)

    def document(self, node: str, second: int) -> dict[str, Any]:
        """The MongoDB document of this second; largest shares first."""
        return {
            "_id": f"{node}:{second}",
            "ts": datetime.fromtimestamp(second, UTC),
            "node": node,
            "requests": self.requests,
            "allowed": self.allowed,
            "blocked": self.blocked,
            "cached_denies": self.cached_denies,
            "would_block": self.would_block,
            "fail_open": self.fail_open,
            "malformed_lines": self.malformed_lines,
            "likely_harm": self.likely_harm,
            "upstream_seconds": round(self.upstream_seconds, 3),
            "upstream_bytes": self.upstream_bytes,
            "by_country": [
                {"country": country, "allowed": allowed, "blocked": blocked}
                for country, (allowed, blocked) in sorted(
                    self.countries.items(), key=lambda item: (-sum(item[1]), item[0])
                )
            ],
            "by_route": [
                {
                    "route": route,
                    "allowed": totals.allowed,
                    "blocked": totals.blocked,
                    "upstream_seconds": round(totals.upstream_seconds, 3),
                    "bytes": totals.bytes,
                }
                for route, totals in sorted(
                    self.routes.items(), key=lambda item: (-item[1].allowed - item[1].blocked, item[0])
                )
            ],
            "by_signal": [
                {"signal": signal, "blocked": blocked}
                for signal, blocked in sorted(self.signals.items(), key=lambda item: (-item[1], item[0]))
            ],
        }

    def _add_blocked(self, line: AccessLine, times: int) -> None:
        self.blocked += times
        if line.from_deny_cache:
            self.cached_denies += times
        signal = main_signal(line.reasons)
        if signal:
            if signal not in self.signals and len(self.signals) >= SIGNALS_A_SECOND:
                signal = OTHER_SIGNAL
            self.signals[signal] = self.signals.get(signal, 0) + times

    def _add_allowed(self, line: AccessLine, by_route: _RouteTotals, times: int) -> None:
        self.allowed += times
        if line.outcome is Outcome.WOULD_BLOCK:
            self.would_block += times
        elif line.outcome is Outcome.FAIL_OPEN:
            self.fail_open += times
        upstream_seconds, upstream_bytes = times * line.upstream_seconds, times * line.bytes_sent
        self.upstream_seconds += upstream_seconds
        self.upstream_bytes += upstream_bytes
        by_route.allowed += times
        by_route.upstream_seconds += upstream_seconds
        by_route.bytes += upstream_bytes


class TrafficFold:
    """The second that is open, and those that are closed and not yet taken."""

    def __init__(self, first_second: int) -> None:
        self._second = first_second
        self._traffic: TrafficSecond | None = None
        self._closed: list[tuple[int, TrafficSecond]] = []

    def add(self, second: int, line: AccessLine, country: str, route: str, times: int = 1) -> None:
        """Count a line that arrived in this second, so often."""
        self._at(second).add(line, country, route, times)

    def add_malformed(self, second: int) -> None:
        """Count a datagram that is no access line."""
        self._at(second).malformed_lines += 1

    def add_harm(self, second: int) -> None:
        """Count a blocked request that was likely a good client's."""
        self._at(second).likely_harm += 1

    def close_before(self, second: int) -> list[tuple[int, TrafficSecond]]:
        """Take what was counted before this second, oldest first; nothing counts in it again."""
        self._move_to(second)
        closed, self._closed = self._closed, []
        return closed

    @property
    def open_second(self) -> int:
        """The second that a line arriving now counts in; the one after a start may not have begun."""
        return self._second

    def _at(self, second: int) -> TrafficSecond:
        if second != self._second:
            self._move_to(second)
        if self._traffic is None:
            self._traffic = TrafficSecond()
        return self._traffic

    def _move_to(self, second: int) -> None:
        if self._second - CLOCK_SLACK_SECONDS <= second <= self._second:
            return
        if self._traffic is not None:
            self._closed.append((self._second, self._traffic))
        self._second, self._traffic = second, None
