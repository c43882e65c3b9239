"""A kind of request: what all requests share that look alike, and so is worked out once for all of them.

A browser asks for a page's parts with the same headers again and again, and a bot for the same page: of two
requests of a kind only the client, the request id and the session differ.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from decider.core.agent import AgentKind, ages_at
from decider.core.crawler import Claim
from decider.core.hit import Hit, HitFlag
from decider.core.policy import RouteClass
from decider.core.probe_catalogue import ProbeLevel
from decider.core.record_layout import GROUP_OF_CLASS, NOTHING_SEEN, Group
from decider.core.request_facts import RequestFacts
from decider.core.request_traits import RequestTraits, ScriptDoubt
from decider.core.route import Classified

SENT_BY_SCRIPT = "empty"  # Sec-Fetch-Dest of fetch() and beacons: a page writes by itself, not a form
PLAIN_KINDS = frozenset({AgentKind.BROWSER, AgentKind.APP})  # on a route of class api every program is

# bits of groups and flags as plain numbers: an enum's own operators take ten times as long
_CLASS_BIT = {route_class: 1 << int(group) for route_class, group in GROUP_OF_CLASS.items()}
_GUIDED, _BARE = 1 << int(Group.GUIDED), 1 << int(Group.BARE)
_RENDERED = 1 << int(Group.RENDERED)
_WRITE, _LOGIN = 1 << int(Group.WRITE), 1 << int(Group.LOGIN)
_ACTIVITY, _RHYTHM, _PROBE = int(HitFlag.ACTIVITY), int(HitFlag.RHYTHM), int(HitFlag.PROBE)


class RequestKind(NamedTuple):
    """``hit`` is what each of them adds to its client's record, mark and session aside. Until ``plain_until``
    (epoch seconds) the request alone says nothing against its sender: only what was counted may."""

    classified: Classified
    traits: RequestTraits
    hit: Hit
    plain_until: float


def request_kind(
    facts: RequestFacts, classified: Classified, traits: RequestTraits, young_years: float
) -> RequestKind:
    """The kind of a request. A browser up to ``young_years`` old is none that hardly anybody has any more."""
    is_asset = classified.route_class is RouteClass.ASSET
    seen = (
        NOTHING_SEEN if is_asset else traits.target.template_bit,
        NOTHING_SEEN,
        NOTHING_SEEN if traits.agent.kind is AgentKind.NONE else traits.agent_bit,
        NOTHING_SEEN,
    )
    hit = Hit(_groups(facts, classified, traits), _flags(is_asset, traits), seen=seen)
    plain_until = ages_at(traits.agent, young_years) if _is_plain(traits) else -inf
    return RequestKind(classified, traits, hit, plain_until)


def _groups(facts: RequestFacts, classified: Classified, traits: RequestTraits) -> int:
    route_class, target = classified.route_class, traits.target
    groups, is_api = _CLASS_BIT[route_class], route_class is RouteClass.API
    if traits.is_guided:
        groups |= _GUIDED | _RENDERED if route_class is RouteClass.ASSET else _GUIDED
    elif traits.is_part:
        groups |= _RENDERED
    elif not (route_class is RouteClass.ASSET or is_api or target.is_courtesy):
        groups |= _BARE
    is_from_script = traits.is_guided and facts.fetch_destination == SENT_BY_SCRIPT
    if target.is_write and not (is_api or is_from_script):
        groups |= _WRITE
    return groups | _LOGIN if target.is_login else groups


def _flags(is_asset: bool, traits: RequestTraits) -> int:
    flags = _ACTIVITY if is_asset else _ACTIVITY | _RHYTHM
    unmistakable = ProbeLevel.UNMISTAKABLE
    return flags | _PROBE if unmistakable in {traits.probe.level, traits.attack.level} else flags


def _is_plain(traits: RequestTraits) -> bool:
    agent, is_api = traits.agent, traits.route_class is RouteClass.API
    return (
        traits.probe.level is ProbeLevel.NONE
        and traits.attack.level is ProbeLevel.NONE
        and (agent.kind in PLAIN_KINDS or (is_api and agent.kind is not AgentKind.SCANNER))
        and not (agent.odd or traits.headers_contradict or traits.is_trap or traits.is_absent)
        and traits.script is ScriptDoubt.NONE
        and traits.claim is Claim.NONE
    )
