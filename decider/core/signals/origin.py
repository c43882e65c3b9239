"""Where it comes from: a data centre, a VPN, Tor, or a country that the operator named. Never alone."""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.origin import OriginKind
from decider.core.policy import Ramp
from decider.core.signals.signal import Signal

SHARE_OF_KIND = {OriginKind.TOR: 1.0, OriginKind.HOSTING: 0.8, OriginKind.VPN: 0.5}


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """1 for Tor or a named country, less for what people use too."""
    return 1.0 if evidence.origin.is_named else SHARE_OF_KIND.get(evidence.origin.kind, 0.0)


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    origin = evidence.origin
    if origin.is_named:
        return f"from {origin.country}, which the policy names"
    return f"from {origin.kind.value} {origin.provider}".rstrip()


ORIGIN = Signal("origin", (), measure, phrase, needs_company=True)
