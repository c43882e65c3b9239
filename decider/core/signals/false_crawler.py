"""Claims to be a crawler from an address that its operator does not publish for it."""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.crawler import Claim
from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.signals.signal import Signal


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """1 for a false claim."""
    return 1.0 if evidence.request is not None and evidence.request.claim is Claim.FALSE else 0.0


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    request = evidence.request
    claimed = request.agent.crawler if request is not None else ""
    return f"claims to be {claimed} from an address that is not its own" if claimed else "claims no crawler"


FALSE_CRAWLER = Signal("false_crawler", (), measure, phrase)
