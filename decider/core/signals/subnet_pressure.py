"""The neighbours join in: lone writes and bare pages of a whole /24 (or /48), which no single address shows.

It weighs only on a client that itself adds to it, and what pages led to in the subnet is set against it, so
that a provider's many visitors are not held for a few spammers among them.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence, unguided_share
from decider.core.policy import Ramp
from decider.core.record_layout import DAY, HOUR, MINUTE, Group
from decider.core.signals.signal import Signal
from decider.core.signals.write_pressure import lone_share

WRITES_PER_HOUR, WRITES_PER_DAY, BARE_PER_MINUTE = "writes_per_hour", "writes_per_day", "pages_per_minute"


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """The neighbours' lone writes or bare pages, times the client's own."""
    subnet = evidence.subnet
    if subnet is None or not evidence.unguided:
        return 0.0

    def of_neighbours(group: Group, window: int) -> float:
        return max(0.0, subnet.over(group, window) - evidence.tally.over(group, window))

    guided = subnet.over(Group.GUIDED, DAY)
    lone = lone_share(subnet.over(Group.WRITE, DAY), guided)
    bare = unguided_share(subnet.over(Group.BARE, DAY), guided)
    own_writes = evidence.tally.over(Group.WRITE, DAY) > 0
    writes = lone * max(
        ramps[WRITES_PER_HOUR].at(of_neighbours(Group.WRITE, HOUR)),
        ramps[WRITES_PER_DAY].at(of_neighbours(Group.WRITE, DAY)),
    )
    pages = bare * ramps[BARE_PER_MINUTE].at(
        of_neighbours(Group.PAGE, MINUTE) + of_neighbours(Group.SENSITIVE, MINUTE)
    )
    return evidence.unguided * max(writes if own_writes else 0.0, pages)


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    if evidence.subnet is None:
        return "subnet not counted"
    writes, pages = evidence.subnet.over(Group.WRITE, DAY), evidence.subnet.over(Group.PAGE, MINUTE)
    return f"its subnet sent {writes:,.0f} writes in a day and asked for {pages:,.0f} pages in a minute"


SUBNET_PRESSURE = Signal(
    "subnet_pressure", (WRITES_PER_HOUR, WRITES_PER_DAY, BARE_PER_MINUTE), measure, phrase
)
