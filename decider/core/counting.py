"""Which records a request counts in, and how: the client's own, its subnet's, its login's.

What was answered is counted the same way, given back after the answer (feedback).
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from decider.core.client_key import ClientKey
from decider.core.hit import NO_MARK, Hit, HitFlag, mark_of, sketch_bit
from decider.core.policy import Policy, RouteClass
from decider.core.probe_catalogue import ProbeLevel
from decider.core.record_layout import DAY, HOUR, NOTHING_SEEN, Group
from decider.core.request_facts import RequestFacts
from decider.core.request_kind import RequestKind
from decider.core.request_traits import RequestTraits
from decider.core.route import Classified
from decider.core.tally import Tally

MISSING_STATUSES = frozenset({404, 410})
REFUSED_STATUSES = frozenset({400, 401, 403, 405, 406, 415, 422})  # the site's own no; 429 is a limit's
RANGE_NOT_SATISFIABLE = 416  # it has less than a download manager has already
NOT_MODIFIED = 304  # the site has it, and so does the client
READ_ONLY = Hit(0, 0)
GUIDED_CLEAN = 3.0  # guided requests of a day that show a client to use the site as people do


class Ask(NamedTuple):
    """One record and what is added to it."""

    key: ClientKey
    hit: Hit


class Prepared(NamedTuple):
    """A request before it is counted. ``asks``: the client first, then subnet and login where counted, and
    last the visitor where there is one. ``plain_until`` is its kind's (core/request_kind.py)."""

    facts: RequestFacts
    classified: Classified
    traits: RequestTraits
    asks: tuple[Ask, ...]
    visitor: ClientKey | None = None
    plain_until: float = -inf


def prepare(
    facts: RequestFacts, kind: RequestKind, subnet_is_busy: bool, visitor: ClientKey | None = None
) -> Prepared:
    """What a request will count. A quiet subnet is counted only for writes that no page led to; a
    ``visitor`` is who is told apart at a shared address."""
    client, classified, traits, target = facts.client, kind.classified, kind.traits, kind.traits.target
    groups, flags, _, _, seen = kind.hit
    if claim := facts.session or facts.api_key:
        seen = (*seen[:-1], sketch_bit(claim))
    hit = Hit(groups, flags, 0, mark_of(facts.request_id), seen)
    is_lone_write = target.is_write and not traits.is_guided
    is_counted = subnet_is_busy or is_lone_write
    if not (is_counted or target.is_login or visitor):  # nearly all requests
        return Prepared(facts, classified, traits, (Ask(client, hit),), None, kind.plain_until)
    asks = [Ask(client, hit)]
    if is_counted and classified.route_class is not RouteClass.ASSET:
        asks.append(Ask(subnet_key(client), Hit(groups & ~(1 << Group.PROBE), 0)))
    if target.is_login:
        asks.append(Ask(logins_key(facts, classified), READ_ONLY))
    if visitor is not None:
        asks.append(Ask(visitor, hit))
    return Prepared(facts, classified, traits, tuple(asks), visitor, kind.plain_until)


def counted_alone(prepared: Prepared) -> Prepared:
    """The same request of a visitor whose ban runs: nobody else at its address is held for it."""
    return prepared._replace(asks=(Ask(prepared.facts.client, READ_ONLY), prepared.asks[-1]))


def subnet_key(client: ClientKey) -> ClientKey:
    """The record of a client's /24 or /48, in the same shard."""
    return ClientKey(client.subnet, client.subnet, client.text, "subnet")


def logins_key(facts: RequestFacts, classified: Classified) -> ClientKey:
    """The record of the login attempts that share a route and a fingerprint.

    It lies in the client's shard, so that one script call may own it: with several shards each sees its part.
    """
    fingerprint = facts.tls_fingerprint or facts.user_agent
    name = f"{classified.route}.{mark_of(classified.path + ' ' + fingerprint).hex()}"
    return ClientKey(name, facts.client.subnet, facts.client.text, "logins")


def answer_hit(prepared: Prepared, status: int, is_real: bool, policy: Policy) -> Hit:
    """What the site's answer adds to the client's record; assets that are there add nothing.

    ``is_real``: not one page that answers everything. A probe counts unless the site has what was asked for.
    """
    traits, groups, flags, misses = prepared.traits, 0, 0, NOTHING_SEEN
    is_probe = traits.probe.level is not ProbeLevel.NONE or traits.attack.level is not ProbeLevel.NONE
    if is_probe and not (is_real and _has_it(traits, status)):
        groups = 1 << Group.PROBE
    if 200 <= status < 400:
        groups |= 0 if traits.route_class is RouteClass.ASSET else 1 << Group.SERVED
    elif not traits.is_guided and not traits.target.is_courtesy:
        if status in MISSING_STATUSES:
            groups, misses = groups | 1 << Group.MISSING, traits.target.path_bit
        elif status in REFUSED_STATUSES:
            groups |= 1 << Group.REFUSED
    if traits.target.is_write and _is_good_outcome(prepared.classified.route, status, policy):
        flags = int(HitFlag.OUTCOME)
    return Hit(groups, flags, seen=(NOTHING_SEEN, misses, NOTHING_SEEN, NOTHING_SEEN))


def _has_it(traits: RequestTraits, status: int) -> bool:
    """Whether an answer shows that the site has what was asked for, as far as its status tells.

    A redirect may only mean that everything is moved; but not after a write, nor where a page led to it.
    """
    if 200 <= status < 300 or status in (NOT_MODIFIED, RANGE_NOT_SATISFIABLE):
        return True
    return 300 <= status < 400 and (traits.is_guided or traits.target.is_write)


def login_asks(prepared: Prepared, status: int, tally: Tally) -> tuple[Ask, ...]:
    """A login attempt that no browsing surrounds counts among those that share its fingerprint."""
    if not prepared.traits.target.is_login or tally.over(Group.GUIDED, HOUR):
        return ()
    address_bit = sketch_bit(prepared.facts.client.name)
    seen = (NOTHING_SEEN, NOTHING_SEEN, address_bit, NOTHING_SEEN)
    groups = 1 << Group.LOGIN | (1 << Group.REFUSED if status in REFUSED_STATUSES else 0)
    return (Ask(logins_key(prepared.facts, prepared.classified), Hit(groups, 0, seen=seen)),)


def _is_good_outcome(route: str, status: int, policy: Policy) -> bool:
    return any(status in outcome.statuses and route in outcome.routes for outcome in policy.outcomes)


def cached_deny_hit(prepared: Prepared) -> Hit:
    """A request that Nginx refused by itself still counts, though the decider never saw it."""
    return prepared.asks[0].hit._replace(request_mark=NO_MARK)


def is_clean(tally: Tally) -> bool:
    """Whether a client may teach what the site serves: it browses as people do and never probed."""
    return (
        not tally.record.probe_at
        and tally.over(Group.GUIDED, DAY) >= GUIDED_CLEAN
        and tally.over(Group.PROBE, DAY) <= 1.0
    )
