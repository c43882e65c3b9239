"""Takes pages without ever being led to one: no click on a link of the site, no style, no image.

Caches, AMP and images without extension make people look so for a while, so this needs volume and can not
block alone. Routes of class api do not count: nothing leads to them.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp, RouteClass
from decider.core.record_layout import HOUR, MINUTE, Group
from decider.core.signals.signal import Signal

PER_MINUTE, PER_HOUR, PER_DAY = "per_minute", "per_hour", "per_day"


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """The highest ramp over what no page led to."""
    share = evidence.unguided
    if not share:
        return 0.0
    return share * max(
        ramps[PER_MINUTE].at(evidence.tally.over(RouteClass.PAGE, MINUTE)),
        ramps[PER_HOUR].at(evidence.tally.over(Group.BARE, HOUR)),
        ramps[PER_DAY].at(evidence.bare_day),
    )


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    bare, guided = evidence.bare_day, evidence.guided_day
    return f"{bare:,.0f} pages in a day that nothing led to, {guided:,.0f} requests that something did"


UNGUIDED_PAGES = Signal(
    "unguided_pages",
    (PER_MINUTE, PER_HOUR, PER_DAY),
    measure,
    phrase,
    silent_below={PER_MINUTE: RouteClass.PAGE, PER_HOUR: Group.BARE, PER_DAY: Group.BARE},
)
