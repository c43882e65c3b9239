"""Walks into a trap: a route of class trap, which the operator named and no page shows to people."""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.signals.signal import Signal


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """1 for a request to a trap."""
    return 1.0 if evidence.request is not None and evidence.request.is_trap else 0.0


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    return "asked for a trap route" if measure(evidence, {}) else "no trap route"


TRAP = Signal("trap", (), measure, phrase)
