"""Tries logins: many writes to a login, also a handful a minute for hours, with no browsing around them."""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.record_layout import DAY, HOUR, TEN_MINUTES, Group
from decider.core.signals.signal import Signal
from decider.core.signals.write_pressure import pressure

WINDOW_OF_RAMP = {"per_10_minutes": TEN_MINUTES, "per_hour": HOUR, "per_day": DAY}


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """The highest ramp over the client's lone login attempts."""
    return pressure(evidence.tally, Group.LOGIN, ramps, WINDOW_OF_RAMP)


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    ten, hour, day = (evidence.tally.over(Group.LOGIN, window) for window in WINDOW_OF_RAMP.values())
    return f"{ten:,.0f} login attempts in ten minutes, {hour:,.0f} in an hour, {day:,.0f} in a day"


LOGIN_PRESSURE = Signal("login_pressure", tuple(WINDOW_OF_RAMP), measure, phrase)
