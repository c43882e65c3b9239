"""Many faces: user agents that change behind one address with nothing a page led to.

An office has many user agents too, each with pages, styles and clicks of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.record_layout import Sketch
from decider.core.signals.signal import Signal

AGENTS_PER_HOUR = "agents_per_hour"


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """Different user agents, times the share of requests that no page led to."""
    if not evidence.unguided:
        return 0.0
    return evidence.unguided * ramps[AGENTS_PER_HOUR].at(evidence.tally.distinct(Sketch.AGENTS))


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    return f"about {evidence.tally.distinct(Sketch.AGENTS):,.0f} user agents in an hour"


AGENT_ROTATION = Signal(
    "agent_rotation", (AGENTS_PER_HOUR,), measure, phrase, silent_below={AGENTS_PER_HOUR: Sketch.AGENTS}
)
