"""Claims a browser, or nothing, and draws nothing: page after page and no part of any, where pages have some.

Images without extension, other hosts for them, AMP and privacy settings make whole sites look so. So it is
measured only where browsers have been seen to load parts and to say which page led them there, and only as
long as the client has done neither. It is the second half of ``unguided_pages``: together they are enough.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.agent import AgentKind
from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.record_layout import DAY, Group
from decider.core.signals.signal import Signal

PER_DAY = "per_day"
DRAWING_KINDS = (AgentKind.BROWSER, AgentKind.NONE)  # what names itself a program is not expected to draw
MOST_GUIDED_SHARE = 0.05  # of its pages: a referer kept up by hand now and then excuses nobody


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """The ramp over a day's bare pages; 0 as soon as anything is drawn."""
    bare = evidence.bare_day
    request = evidence.request
    if request is None or bare <= ramps[PER_DAY].start or not request.site_is_drawn:
        return 0.0
    if request.agent.kind not in DRAWING_KINDS or evidence.guided_day > MOST_GUIDED_SHARE * bare:
        return 0.0
    if evidence.tally.over(Group.RENDERED, DAY) or evidence.polls_one_address:
        return 0.0
    return ramps[PER_DAY].at(bare)


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    return f"{evidence.bare_day:.0f} pages in a day and no part of any"


UNDRAWN_PAGES = Signal("undrawn_pages", (PER_DAY,), measure, phrase, silent_below={PER_DAY: Group.BARE})
