"""Turned away again and again: answers 400, 401, 403 and 405 of the site itself, most of all it got.

A developer behind an expired login sees many too, but led there by pages; a sync client with an old password
repeats itself slowly. So the share counts, and it stays below the block threshold.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.record_layout import DAY, Group
from decider.core.signals.signal import Signal

PER_DAY = "refusals_per_day"
SHARE = "share"


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """Number times share, times what no page led to."""
    tally = evidence.tally
    refused = tally.over(Group.REFUSED, DAY)
    if not evidence.unguided or refused < ramps[PER_DAY].start:
        return 0.0
    answers = refused + tally.over(Group.SERVED, DAY) + tally.over(Group.MISSING, DAY)
    return evidence.unguided * ramps[PER_DAY].at(refused) * ramps[SHARE].at(refused / answers)


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    return f"turned away {evidence.tally.over(Group.REFUSED, DAY):,.0f} times in a day"


REFUSALS = Signal("refusals", (PER_DAY, SHARE), measure, phrase, silent_below={PER_DAY: Group.REFUSED})
