"""Pressure on what hurts: requests to sensitive routes (checkout, login) per second, 10 s and minute.

A person reaches checkout a few times a minute; a bot that wants a limited item asks all the time. The
highest of the three ramps counts, so the eleventh checkout request within a second is already too many.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp, RouteClass
from decider.core.signals.signal import Signal

WINDOW_OF_RAMP = {"per_second": 1, "per_10_seconds": 10, "per_60_seconds": 60}


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """The highest ramp over its own window."""
    return max(
        ramps[name].at(evidence.tally.over(RouteClass.SENSITIVE, window))
        for name, window in WINDOW_OF_RAMP.items()
    )


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    one, ten, sixty = (
        evidence.tally.over(RouteClass.SENSITIVE, window) for window in WINDOW_OF_RAMP.values()
    )
    return f"{one:.0f} requests to sensitive routes in one second, {ten:.0f} in 10 s, {sixty:.0f} in a minute"


SENSITIVE_PRESSURE = Signal("sensitive_pressure", tuple(WINDOW_OF_RAMP), measure, phrase)
