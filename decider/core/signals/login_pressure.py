"""Tries logins: many writes to a login, also a handful a minute for hours, with no browsing around them."""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.agent import AgentKind
from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.record_layout import DAY, HOUR, TEN_MINUTES, Group
from decider.core.signals.signal import Signal
from decider.core.signals.write_pressure import drawn_share, pressure

OPEN_SHARE = 0.3  # less than for other writes: a login is one of those, too
DRAWN_EXCUSE = 0.5  # for whoever draws the pages it gets
WINDOW_OF_RAMP = {"per_10_minutes": TEN_MINUTES, "per_hour": HOUR, "per_day": DAY}


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """The highest ramp over the client's lone login attempts.

    Less for apps, which log in by themselves, and for browsers that draw: on many a site the address of the
    login is that of its whole administration.
    """
    height = pressure(evidence.tally, Group.LOGIN, ramps, WINDOW_OF_RAMP)
    if not height:
        return 0.0
    return height * (OPEN_SHARE if evidence.is_open else 1.0 - DRAWN_EXCUSE * _drawn(evidence))


def _drawn(evidence: Evidence) -> float:
    request = evidence.request
    is_browser = request is not None and request.agent.kind is AgentKind.BROWSER
    return drawn_share(evidence.tally) if is_browser else 0.0


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    ten, hour, day = (evidence.tally.over(Group.LOGIN, window) for window in WINDOW_OF_RAMP.values())
    return f"{ten:,.0f} login attempts in ten minutes, {hour:,.0f} in an hour, {day:,.0f} in a day"


LOGIN_PRESSURE = Signal(
    "login_pressure",
    tuple(WINDOW_OF_RAMP),
    measure,
    phrase,
    silent_below=dict.fromkeys(WINDOW_OF_RAMP, Group.LOGIN),
)
