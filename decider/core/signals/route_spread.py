"""Everywhere at once: how many different routes (ids, dates and hashes folded) an hour saw.

A single-page app or a sync client touches many routes too, so this can never block alone, and what pages of
the site led to counts little. Crawl rules without that restraint are what users of other systems curse most.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.record_layout import Sketch
from decider.core.signals.signal import Signal

ROUTES_PER_HOUR = "routes_per_hour"


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """Different routes, times the share of requests that no page led to."""
    if not evidence.unguided:
        return 0.0
    return evidence.unguided * ramps[ROUTES_PER_HOUR].at(evidence.tally.distinct(Sketch.ROUTES))


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    return f"about {evidence.tally.distinct(Sketch.ROUTES):,.0f} different routes in an hour"


ROUTE_SPREAD = Signal(
    "route_spread", (ROUTES_PER_HOUR,), measure, phrase, silent_below={ROUTES_PER_HOUR: Sketch.ROUTES}
)
