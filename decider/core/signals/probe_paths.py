"""Asks for what no visitor of this site has a reason to ask for: ``/.env``, shells, foreign admin panels.

One unmistakable probe is enough and is remembered for 24 hours, or a slow scanner would be let back in after
its first short ban. Doubtful ones add up over a day unless the site has what they ask for; one that it
is known not to have weighs more.
The paths are data: ``lists/probe_paths.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.probe_catalogue import ProbeLevel
from decider.core.record_layout import DAY, Group
from decider.core.signals.signal import Quantity, Signal

PER_DAY = "doubtful_probes_per_day"
REMEMBERED_HOURS = "remembered_hours"
ABSENT_PROBES = 2.0  # a doubtful probe for what is known to be absent counts like so many more
OPEN_SHARE = 0.35  # a crawler follows whatever others have linked to
PROBES_OF_LEVEL = {ProbeLevel.DOUBTFUL: 1.0, ProbeLevel.LIKELY: 2.8}  # in doubtful ones, asked for now


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """1 for an unmistakable probe now, its fading memory, or the sum of doubtful ones."""
    request = evidence.request
    if request is not None and request.probe.level is ProbeLevel.UNMISTAKABLE:
        return 1.0
    remembered = ramps[REMEMBERED_HOURS].at(
        evidence.tally.seconds_since(evidence.tally.record.probe_at) / 3_600
    )
    doubtful = evidence.tally.over(Group.PROBE, DAY)
    if request is not None:
        doubtful += PROBES_OF_LEVEL.get(request.probe.level, 0.0) + ABSENT_PROBES * request.is_absent
        doubtful += request.attack.level is ProbeLevel.DOUBTFUL
    if evidence.is_open:
        doubtful *= OPEN_SHARE
    return max(remembered, ramps[PER_DAY].at(doubtful))


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    request = evidence.request
    if request is not None and request.probe.level is ProbeLevel.UNMISTAKABLE:
        return f"asks for a {request.probe.name}"
    seconds = evidence.tally.seconds_since(evidence.tally.record.probe_at)
    if seconds <= DAY:
        return f"asked for something unmistakable {seconds / 3_600:.1f} h ago"
    return f"{evidence.tally.over(Group.PROBE, DAY):,.0f} doubtful probes in a day"


PROBE_PATHS = Signal(
    "probe_paths",
    (PER_DAY, REMEMBERED_HOURS),
    measure,
    phrase,
    silent_below={PER_DAY: Group.PROBE, REMEMBERED_HOURS: Quantity.PROBE_AT},
)
