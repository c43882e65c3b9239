"""Pressure on what hurts: requests to sensitive routes (checkout, login) per second, 10 s and minute.

A person reaches checkout a few times a minute; a bot that wants a limited item asks all the time. The
highest of the three ramps counts, so the eleventh checkout request within a second is already too many.

People who order look around first: browsing excuses a share of the pressure, so that an office of 25 behind
one address may order in the same ten seconds. A quarter is never excused, and pages asked for to earn the
excuse are paid for in the signals ``burst`` and ``sustained_rate``.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp, RouteClass
from decider.core.signals.signal import Signal

WINDOW_OF_RAMP = {"per_second": 1, "per_10_seconds": 10, "per_60_seconds": 60}
BROWSING_SECONDS = 60  # the longest window a record keeps for each class; a visit takes about as long
BROWSING = (RouteClass.PAGE, RouteClass.API)  # a single-page app looks around by its API
LARGEST_EXCUSE = 0.75  # an order is three sensitive requests after four pages: more is not owed to anyone


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """The highest ramp over its own window."""
    most = evidence.tally.most(RouteClass.SENSITIVE)
    if all(most <= ramp.start for ramp in ramps.values()):
        return 0.0
    unexcused = 1.0 - _excuse(evidence)
    return max(
        ramps[name].at(unexcused * evidence.tally.over(RouteClass.SENSITIVE, window))
        for name, window in WINDOW_OF_RAMP.items()
    )


def _excuse(evidence: Evidence) -> float:
    """The share of the sensitive requests that the browsing of the last minute explains."""
    over = evidence.tally.over
    sensitive = over(RouteClass.SENSITIVE, BROWSING_SECONDS)
    browsed = sum(over(group, BROWSING_SECONDS) for group in BROWSING)
    return min(browsed / sensitive, LARGEST_EXCUSE) if sensitive else 0.0


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    one, ten, sixty = (
        evidence.tally.over(RouteClass.SENSITIVE, window) for window in WINDOW_OF_RAMP.values()
    )
    return (
        f"{one:,.0f} requests to sensitive routes in one second, {ten:,.0f} in 10 s, {sixty:,.0f} in a minute"
    )


SENSITIVE_PRESSURE = Signal(
    "sensitive_pressure",
    tuple(WINDOW_OF_RAMP),
    measure,
    phrase,
    silent_below=dict.fromkeys(WINDOW_OF_RAMP, RouteClass.SENSITIVE),
)
