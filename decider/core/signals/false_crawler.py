"""Claims to be a crawler from an address that its operator does not publish for it.

Only Google and Bing publish every address they crawl from, and have for years. The lists of others lag
behind: from a hosting network, where crawlers live, their claim may be true; from a home it is not.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.crawler import Claim
from decider.core.evidence import Evidence
from decider.core.origin import OriginKind
from decider.core.policy import Ramp
from decider.core.signals.signal import Signal

COMPLETE = ("googlebot", "bingbot", "adsbot-google")
OTHERS_FROM_HOSTING, OTHERS_FROM_ELSEWHERE = 0.15, 0.35


def measure(evidence: Evidence, ramps: Mapping[str, Ramp]) -> float:
    """1 for a false claim of a crawler whose list is complete."""
    request = evidence.request
    if request is None or request.claim is not Claim.FALSE:
        return 0.0
    if request.agent.crawler.startswith(COMPLETE):
        return 1.0
    return OTHERS_FROM_HOSTING if evidence.origin.kind is OriginKind.HOSTING else OTHERS_FROM_ELSEWHERE


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    request = evidence.request
    claimed = request.agent.crawler if request is not None else ""
    return f"claims to be {claimed} from an address that is not its own" if claimed else "claims no crawler"


FALSE_CRAWLER = Signal("false_crawler", (), measure, phrase)
