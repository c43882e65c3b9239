"""What a signal is: a named, pure measure of one suspicion, 0 (nothing) to 1 (certain)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from decider.core.evidence import Evidence
from decider.core.policy import Ramp


@dataclass(frozen=True, slots=True)
class Signal:
    """``name`` is the same in policy, header, log, stream, MongoDB and chart; ``ramps`` name its parameters.

    ``phrase`` says in words what was measured, for people who ask why. A signal that ``needs_company`` says
    nothing by itself: it is measured only where another one has said something.
    """

    name: str
    ramps: tuple[str, ...]
    measure: Callable[[Evidence, Mapping[str, Ramp]], float]
    phrase: Callable[[Evidence], str]
    needs_company: bool = False
