"""Sends code where text belongs: injection, traversal, encoded tricks in the target, Referer or user agent.

The patterns are data: ``lists/attack_strings.toml``. Words alone are only doubtful and count as probes.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.probe_catalogue import ProbeLevel
from decider.core.signals.signal import Signal


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """1 for an unmistakable attack string in this request."""
    request = evidence.request
    return 1.0 if request is not None and request.attack.level is ProbeLevel.UNMISTAKABLE else 0.0


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    request = evidence.request
    return (
        f"sends {request.attack.name}" if request is not None and request.attack.name else "no attack string"
    )


ATTACK_STRINGS = Signal("attack_strings", (), measure, phrase)
