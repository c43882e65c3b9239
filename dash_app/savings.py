"""What blocking saved: blocked requests at the measured price of allowed ones on the same route.

    saved = sum over routes of blocked x (mean upstream seconds x price of a CPU second
                                          + mean bytes sent x price of a gigabyte)

Means are taken over allowed requests of the same window; a route that let nothing through takes the mean of
all routes. It is an estimate, and the page says so and shows the inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dash_app.rows import RouteTraffic, TrafficRow
from dash_app.settings import Prices

BYTES_OF_GIGABYTE = 1_000_000_000  # cloud bills count decimal gigabytes


@dataclass(frozen=True, slots=True)
class Savings:
    """``usd`` is the estimate; ``usd_by_route`` that of one blocked request; the rest are its measured inputs
    over all routes."""

    usd: float
    blocked: int
    mean_upstream_seconds: float
    mean_bytes: float
    usd_by_route: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Totals:
    allowed: int = 0
    blocked: int = 0
    upstream_seconds: float = 0.0
    bytes: int = 0

    def add(self, route: RouteTraffic) -> None:
        self.allowed += route.allowed
        self.blocked += route.blocked
        self.upstream_seconds += route.upstream_seconds
        self.bytes += route.bytes

    def price_of_one(self, prices: Prices) -> float:
        if not self.allowed:
            return 0.0
        cpu = self.upstream_seconds / self.allowed * prices.cpu_second_usd
        return cpu + self.bytes / self.allowed / BYTES_OF_GIGABYTE * prices.gigabyte_usd


def savings(rows: Iterable[TrafficRow], prices: Prices) -> Savings:
    """Estimate over these seconds."""
    overall, by_route = _Totals(), dict[str, _Totals]()
    for row in rows:
        for route in row.routes:
            overall.add(route)
            by_route.setdefault(route.route, _Totals()).add(route)
    usd_by_route = {
        name: (totals if totals.allowed else overall).price_of_one(prices)
        for name, totals in by_route.items()
    }
    usd = sum(totals.blocked * usd_by_route[name] for name, totals in by_route.items())
    allowed = overall.allowed or 1
    means = overall.upstream_seconds / allowed, overall.bytes / allowed
    return Savings(usd, overall.blocked, *means, usd_by_route)
