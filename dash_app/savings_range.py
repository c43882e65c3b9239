"""How far the estimate of ``savings`` can be off, and its table by route. Pure.

low   only the bytes: the machines would have run all the same
high  every blocked request at the price of the dearest allowed route
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from dash_app.rows import RouteTraffic, TrafficRow
from dash_app.savings import BYTES_OF_GIGABYTE, savings
from dash_app.settings import Prices

DEAREST_USD = 1_000_000.0  # a unit price beyond it is a typing error


FORMULA = (
    "Estimate = blocked × (mean upstream seconds × price of a CPU second + mean bytes sent × price of a "
    "gigabyte), with the means of allowed requests on the same route. Upstream time includes waiting. Low "
    "counts the bytes only: machines would have run all the same. High counts every blocked request as one "
    "to the dearest route."
)
SOURCES = (
    "Defaults: one vCPU of a general-purpose cloud machine $ 0.04 an hour, the first 10 TB of traffic to "
    "the internet $ 0.09 a gigabyte (AWS list prices, us-east-1, 2026), or PRICE_CPU_SECOND_USD and "
    "PRICE_GIGABYTE_USD. Changes here are kept in this browser only."
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """US dollars; ``low`` <= ``usd`` <= ``high``."""

    low: float
    usd: float
    high: float


@dataclass(frozen=True, slots=True)
class RouteCost:
    """One route: what was blocked, and the measured means of its allowed requests; None: none was allowed."""

    route: str
    blocked: int
    allowed: int
    mean_upstream_seconds: float | None
    mean_bytes: float | None


def estimate(rows: Sequence[TrafficRow], prices: Prices) -> Estimate:
    """Over these rows."""
    routes = route_totals(rows)
    blocked = sum(one.blocked for one in routes)
    dearest = max((_price_of_one(one, prices) for one in routes), default=0.0)
    usd = savings(rows, prices).usd
    low = savings(rows, replace(prices, cpu_second_usd=0.0)).usd
    return Estimate(low, usd, max(usd, blocked * dearest))


def route_totals(rows: Sequence[TrafficRow]) -> list[RouteTraffic]:
    """One of each route, all seconds added up, by name."""
    totals: dict[str, RouteTraffic] = {}
    for row in rows:
        for one in row.routes:
            old = totals.get(one.route, RouteTraffic(one.route, 0, 0, 0.0, 0))
            totals[one.route] = RouteTraffic(
                one.route,
                old.allowed + one.allowed,
                old.blocked + one.blocked,
                old.upstream_seconds + one.upstream_seconds,
                old.bytes + one.bytes,
            )
    return [totals[name] for name in sorted(totals)]


def route_costs(rows: Sequence[TrafficRow]) -> list[RouteCost]:
    """The measured inputs, most blocked first."""
    costs = [
        RouteCost(
            one.route,
            one.blocked,
            one.allowed,
            one.upstream_seconds / one.allowed if one.allowed else None,
            one.bytes / one.allowed if one.allowed else None,
        )
        for one in route_totals(rows)
    ]
    return sorted(costs, key=lambda one: -one.blocked)


def checked_price(value: object, otherwise: float) -> float:
    """A unit price that a browser sent, or the one of the settings."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return otherwise
    return float(value) if 0 <= value <= DEAREST_USD else otherwise


def _price_of_one(one: RouteTraffic, prices: Prices) -> float:
    if not one.allowed:
        return 0.0
    cpu = one.upstream_seconds / one.allowed * prices.cpu_second_usd
    return cpu + one.bytes / one.allowed / BYTES_OF_GIGABYTE * prices.gigabyte_usd
