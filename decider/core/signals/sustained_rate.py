"""Too much for too long: the cost of the last ten seconds and of the last minute, whichever says more."""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.signals.signal import Signal

PER_10_SECONDS = "cost_per_10_seconds"
PER_60_SECONDS = "cost_per_60_seconds"


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """The higher of both ramps: a rate is one suspicion, however long the window that shows it."""
    return max(
        ramps[PER_10_SECONDS].at(evidence.cost_over(10)),
        ramps[PER_60_SECONDS].at(evidence.cost_over(60)),
    )


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    return f"{evidence.requests_over(10):.0f} requests in 10 s, {evidence.requests_over(60):.0f} in a minute"


SUSTAINED_RATE = Signal("sustained_rate", (PER_10_SECONDS, PER_60_SECONDS), measure, phrase)
