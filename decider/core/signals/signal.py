"""What a signal is: a named, pure measure of one suspicion, 0 (nothing) to 1 (certain)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from decider.core.evidence import Evidence
from decider.core.policy import Ramp, RouteClass
from decider.core.record_layout import Group, Sketch


class Quantity(Enum):
    """What a ramp may rise with besides hits of a group and things in a sketch."""

    COST = "cost"  # of a window's requests, in page views
    ACTIVE_HOURS = "active hours"  # of the last 24
    PROBE_AT = "probe at"  # the moment of the last unmistakable probe; 0 for none


Watched = Group | RouteClass | Sketch | Quantity


@dataclass(frozen=True, slots=True)
class Signal:
    """``name`` is the same in policy, header, log, stream, MongoDB and chart; ``ramps`` name its parameters.

    ``phrase`` says in words what was measured, for people who ask why. A signal that ``needs_company`` says
    nothing by itself: it is measured only where another one has said something.

    ``silent_below`` tells when a signal is not worth measuring (core/relevance.py): for a plain request
    (core/request_kind.py) it is 0 while everything watched is at or below the start of its ramp, whatever the
    window. A signal without it is 0 for every plain request where only the client's own record was counted.
    """

    name: str
    ramps: tuple[str, ...]
    measure: Callable[[Evidence, Mapping[str, Ramp]], float]
    phrase: Callable[[Evidence], str]
    needs_company: bool = False
    silent_below: Mapping[str, Watched] = field(default_factory=dict)
