"""Writes without reading: comments, forms and orders sent by a client that hardly looks at a page.

A person's POST comes from a page of the site, which came with its styles and images. A spammer's comes alone.
Pages that report every movement of the mouse write all the time: whoever loads a page's parts is excused.
Classes of API routes are left out: a script's writes are normal there.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.record_layout import DAY, HOUR, MINUTE, Group
from decider.core.signals.signal import Signal
from decider.core.tally import Tally

WINDOW_OF_RAMP = {"per_minute": MINUTE, "per_hour": HOUR, "per_day": DAY}
RENDERED_IN_FULL = 5.0  # parts of pages in a day: a style, a script, some images
OPEN_SHARE = 0.4  # apps, sync clients and webhooks only write, and say what they are; spammers play browsers
GUIDED_A_WRITE = (
    4.0  # a person's write is surrounded by at least so many guided requests: page, style, image, click
)


def lone_share(writes_day: float, guided_day: float) -> float:
    """The share of a day's writes that no browsing surrounds: 1 for a script, 0 for people."""
    return max(0.0, 1.0 - guided_day / (GUIDED_A_WRITE * writes_day)) if writes_day else 0.0


def drawn_share(tally: Tally) -> float:
    """How far a client draws the pages it gets: 1 for a browser, 0 for a script."""
    return min(tally.over(Group.RENDERED, DAY) / RENDERED_IN_FULL, 1.0)


def pressure(tally: Tally, group: Group, ramps: Mapping[str, Ramp], windows: Mapping[str, int]) -> float:
    """The highest ramp over the lone writes of a group."""
    share = lone_share(tally.over(group, DAY), tally.over(Group.GUIDED, DAY))
    if not share:
        return 0.0
    return max(ramps[name].at(share * tally.over(group, window)) for name, window in windows.items())


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """The highest ramp over the client's lone writes; none from a client that draws the pages it gets."""
    drawn = drawn_share(evidence.tally)
    if drawn >= 1.0:
        return 0.0
    share = (1.0 - drawn) * (OPEN_SHARE if evidence.is_open else 1.0)
    return share * pressure(evidence.tally, Group.WRITE, ramps, WINDOW_OF_RAMP)


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    minute, hour, day = (evidence.tally.over(Group.WRITE, window) for window in WINDOW_OF_RAMP.values())
    return (
        f"{minute:,.0f} writes in a minute, {hour:,.0f} in an hour, {day:,.0f} in a day, hardly any reading"
    )


WRITE_PRESSURE = Signal(
    "write_pressure",
    tuple(WINDOW_OF_RAMP),
    measure,
    phrase,
    silent_below=dict.fromkeys(WINDOW_OF_RAMP, Group.WRITE),
)
