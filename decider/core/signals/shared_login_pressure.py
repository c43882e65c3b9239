"""One hand, many addresses: lone login attempts that share a fingerprint, each address under any rate limit.

Counted apart for each login route and fingerprint (user agent and header set, or TLS fingerprint) over all
addresses, and only attempts that no browsing surrounds: people's logins, however many in a launch, come from
the login page. It weighs on a request only if that itself is such an attempt.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.record_layout import DAY, HOUR, TEN_MINUTES, Group, Sketch
from decider.core.signals.signal import Signal
from decider.core.signals.write_pressure import lone_share

WINDOW_OF_RAMP = {"per_10_minutes": TEN_MINUTES, "per_hour": HOUR}
ADDRESSES = "addresses"


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """Attempts under this fingerprint, times how many addresses they come from."""
    logins = evidence.logins
    if logins is None:
        return 0.0
    lone = lone_share(evidence.tally.over(Group.LOGIN, DAY), evidence.tally.over(Group.GUIDED, DAY))
    if not lone:
        return 0.0
    tried = max(ramps[name].at(logins.over(Group.LOGIN, window)) for name, window in WINDOW_OF_RAMP.items())
    return lone * tried * ramps[ADDRESSES].at(logins.distinct(Sketch.AGENTS))


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    if evidence.logins is None:
        return "no login attempt"
    hour, addresses = evidence.logins.over(Group.LOGIN, HOUR), evidence.logins.distinct(Sketch.AGENTS)
    return f"{hour:,.0f} login attempts of one fingerprint in an hour from about {addresses:,.0f} addresses"


SHARED_LOGIN_PRESSURE = Signal("shared_login_pressure", (*WINDOW_OF_RAMP, ADDRESSES), measure, phrase)
