"""Too much for too long: the cost of ten seconds, a minute, ten minutes and an hour, whichever says most."""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.signals.signal import Quantity, Signal

WINDOW_OF_RAMP = {
    "cost_per_10_seconds": 10,
    "cost_per_60_seconds": 60,
    "cost_per_10_minutes": 600,
    "cost_per_hour": 3_600,
}


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """The highest ramp: a rate is one suspicion, however long the window that shows it."""
    most = evidence.most_cost
    height = 0.0
    for name, window in WINDOW_OF_RAMP.items():
        ramp = ramps[name]
        if most > ramp.start:
            height = max(height, ramp.at(evidence.cost_over(window)))
    return height


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    ten, sixty, hour = (evidence.requests_over(window) for window in (10, 60, 3_600))
    return f"{ten:,.0f} requests in 10 s, {sixty:,.0f} in a minute, {hour:,.0f} in an hour"


SUSTAINED_RATE = Signal(
    "sustained_rate",
    tuple(WINDOW_OF_RAMP),
    measure,
    phrase,
    silent_below=dict.fromkeys(WINDOW_OF_RAMP, Quantity.COST),
)
