"""Many requests at once: the cost of the last second.

A page with 80 assets over parallel connections costs 1 + 80 x 0.02 = 2.6 page views; a bot that asks for
checkout 50 times costs 100.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.signals.signal import Quantity, Signal

PER_SECOND = "cost_per_second"


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """How far the last second's cost is up the ramp."""
    if evidence.most_cost <= ramps[PER_SECOND].start:
        return 0.0
    return ramps[PER_SECOND].at(evidence.cost_over(1))


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    return f"{evidence.requests_over(1):,.0f} requests in one second"


BURST = Signal("burst", (PER_SECOND,), measure, phrase, silent_below={PER_SECOND: Quantity.COST})
