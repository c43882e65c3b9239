"""Who it says it is: an attack tool, nobody, a program on pages made for people, a browser no browser is.

On routes of class api a program is the normal client and counts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.agent import AgentKind, age_years
from decider.core.evidence import Evidence
from decider.core.policy import Ramp, RouteClass
from decider.core.signals.signal import Signal

BROWSER_AGE = "browser_age_years"
SHARE_OF_KIND = {AgentKind.SCANNER: 1.0, AgentKind.NONE: 0.55, AgentKind.TOOL: 0.5, AgentKind.CRAWLER: 0.2}
ODD_SHARE = 0.6  # claims a browser in a form that none has
CONTRADICTING_SHARE = 0.6  # claims a browser but sends no languages, encodings or media types
OLD_SHARE = 0.45  # a browser of many years ago: a rare old device, or a bot's copied text


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """The largest doubt about the user agent."""
    request = evidence.request
    if request is None:
        return 0.0
    agent = request.agent
    if agent.kind is not AgentKind.BROWSER:
        tolerated = request.route_class is RouteClass.API and agent.kind is not AgentKind.SCANNER
        return 0.0 if tolerated else SHARE_OF_KIND.get(agent.kind, 0.0)
    return max(
        ODD_SHARE if agent.odd else 0.0,
        CONTRADICTING_SHARE if request.headers_contradict else 0.0,
        OLD_SHARE * ramps[BROWSER_AGE].at(age_years(agent, evidence.tally.now_ms / 1000)),
    )


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    request = evidence.request
    if request is None:
        return "no request at hand"
    if request.headers_contradict:
        return "claims a browser that its headers contradict"
    if request.agent.kind is AgentKind.BROWSER:
        years = age_years(request.agent, evidence.tally.now_ms / 1000)
        return f"claims a browser of {years:.0f} years ago" if years >= 1 else "claims a browser"
    return f"user agent: {request.agent.kind.value}"


IDENTITY = Signal("identity", (BROWSER_AGE,), measure, phrase)
