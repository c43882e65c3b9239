"""Gropes in the dark: many different pages that do not exist, and a large share of all it got.

Only 404s that no page of the site led to count, and not what browsers ask for by themselves (icons,
robots.txt): a broken theme is not its visitors' fault, and one dead link asked for again stays one.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.record_layout import DAY, HOUR, Group, Sketch
from decider.core.signals.signal import Signal

DIFFERENT_PER_DAY = "different_per_day"
SHARE = "share"
OPEN_SHARE = 0.4  # a crawler follows the dead and broken links of others, too


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """Spread times share, damped by guided browsing."""
    tally = evidence.tally
    missing = tally.over(Group.MISSING, DAY)
    if missing < ramps[DIFFERENT_PER_DAY].start:
        return 0.0
    answers = missing + tally.over(Group.SERVED, DAY) + tally.over(Group.REFUSED, DAY)
    spread = min(tally.distinct(Sketch.MISSES), missing)
    height = ramps[DIFFERENT_PER_DAY].at(spread) * ramps[SHARE].at(missing / answers)
    return height * OPEN_SHARE if evidence.is_open else height


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    tally = evidence.tally
    hour, day = tally.over(Group.MISSING, HOUR), tally.over(Group.MISSING, DAY)
    return f"{hour:,.0f} pages in an hour and {day:,.0f} in a day that do not exist"


MISSING_PAGES = Signal(
    "missing_pages",
    (DIFFERENT_PER_DAY, SHARE),
    measure,
    phrase,
    silent_below={DIFFERENT_PER_DAY: Group.MISSING},
)
