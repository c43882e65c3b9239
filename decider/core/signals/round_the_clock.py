"""Awake at all hours: active in most of the last 24 clock hours, with nothing on the site leading it on.

People sleep; a poller does not. An office, a carrier or an app that refreshes itself is awake too, but its
requests come from pages of the site, so they weigh little here.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.signals.signal import Quantity, Signal

ACTIVE_HOURS = "active_hours"


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """Hours awake, times the share of requests that no page led to."""
    if not evidence.unguided:
        return 0.0
    return evidence.unguided * ramps[ACTIVE_HOURS].at(evidence.tally.active_hours)


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    return f"active in {evidence.tally.active_hours} of the last 24 hours"


ROUND_THE_CLOCK = Signal(
    "round_the_clock",
    (ACTIVE_HOURS,),
    measure,
    phrase,
    silent_below={ACTIVE_HOURS: Quantity.ACTIVE_HOURS},
)
