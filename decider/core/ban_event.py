"""The security event of a ban: everything an operator needs to understand it without the request."""

from __future__ import annotations

from dataclasses import dataclass

from decider.core.ban import Ban
from decider.core.geo import Geo
from decider.core.request_facts import RequestFacts
from decider.core.route import Classified
from decider.core.security_event import EventKind, Reason, SecurityEvent, clip
from decider.core.tally import Tally


@dataclass(frozen=True, slots=True)
class BanCase:
    """One request that earned its client a ban: what was asked, what was known, what follows."""

    facts: RequestFacts
    classified: Classified
    tally: Tally
    ban: Ban
    score: float
    reasons: tuple[Reason, ...]
    scope: str = "address"  # or whose of the address's visitors the ban is: session, key


def ban_event(case: BanCase, geo: Geo, sentence: str, node: str) -> SecurityEvent:
    """BAN_STARTED, or WOULD_BLOCK where the ban is only observed; attacker's text is clipped here."""
    facts, ban = case.facts, case.ban
    return SecurityEvent(
        kind=EventKind.BAN_STARTED if ban.enforced else EventKind.WOULD_BLOCK,
        ts=case.tally.now_ms / 1000,
        node=node,
        client=facts.client.name,
        address=facts.client.text,
        scope=case.scope,
        country=geo.country,
        asn=geo.asn,
        network=geo.network,
        city=geo.city,
        latitude=geo.latitude,
        longitude=geo.longitude,
        score=case.score,
        reasons=case.reasons,
        sentence=sentence,
        method=clip(facts.method),
        host=clip(facts.host),
        path=clip(case.classified.path),
        route=case.classified.route,
        route_class=case.classified.route_class.value,
        user_agent=clip(facts.user_agent),
        referer=clip(facts.referer),
        request_id=clip(facts.request_id),
        mode="enforce" if ban.enforced else "observe",
        ban_seconds=ban.seconds,
        until=float(ban.until),
        ban_count=ban.count,
    )
