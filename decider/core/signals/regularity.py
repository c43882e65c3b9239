"""A machine's rhythm: intervals that hardly vary, at a volume no person keeps up.

People pause and click; the deviation of their intervals is about 0.7 of the mean. A loop with a fixed delay
stays below 0.1. A page that polls is regular too, so rhythm counts only together with volume and can never
block alone (its weight stays below the block threshold). On routes of class api a program is the normal
client and its rhythm shows nothing: their volume is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp, RouteClass
from decider.core.signals.signal import Quantity, Signal

VARIATION = "variation"
PER_60_SECONDS = "cost_per_60_seconds"
FEWEST_INTERVALS = 8  # the smoothed deviation needs about 1/SMOOTHING intervals to settle


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """Regular and frequent: the product of both ramps."""
    if evidence.tally.record.interval_count < FEWEST_INTERVALS:
        return 0.0
    regular = ramps[VARIATION].at(evidence.tally.variation)
    if not regular:
        return 0.0
    api = evidence.cost[RouteClass.API] * evidence.tally.over(RouteClass.API, 60) / evidence.damping
    return regular * ramps[PER_60_SECONDS].at(evidence.cost_over(60) - api)


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    record = evidence.tally.record
    mean, deviation = record.interval_mean_ms, record.interval_deviation_ms
    return f"a request every {mean:.0f} ms, give or take {deviation:.0f} ms"


REGULARITY = Signal(
    "regularity",
    (VARIATION, PER_60_SECONDS),
    measure,
    phrase,
    silent_below={PER_60_SECONDS: Quantity.COST},
)
