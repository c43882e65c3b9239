"""policy.toml -> Policy. Everything is checked; every fault is told at once with what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from decider.core.errors import PolicyError
from decider.core.policy import (
    BanPolicy,
    Mode,
    Network,
    OutcomePolicy,
    Policy,
    Route,
    RouteClass,
    SignalPolicy,
)
from decider.core.policy_table import PolicyTable
from decider.core.signals import SIGNALS

LONGEST_BAN_SECONDS = 366 * 86_400  # a mistyped number, not a ban
LONGEST_DENY_CACHE_SECONDS = 20  # where blocks can be called back; else up to 2: core/deny_cache.py
MOST_COST = 1_000.0  # page views; a single request dearer than that is a ban by another name
MOST_VISITORS = 100  # banned one by one; more is an address that nobody may ban
MOST_OFFENDERS = 256  # addresses of a /24
MOST_REPEAT_FACTOR = 100  # two repeats at this factor reach the longest ban


def parse(mapping: Mapping[str, Any], digest: str, shipped: Policy | None = None) -> Policy:
    """Check a whole policy. Raises PolicyError with one line for each fault, beginning with the key.

    A ramp that runs against the ``shipped`` one is a fault: a mistyped number would make every quiet client
    the worst of all.
    """
    faults: list[str] = []
    root = PolicyTable(mapping, "", faults)
    root.end(
        "profile",
        "mode",
        "malformed",
        "thresholds",
        "deny_cache",
        "cost",
        "route",
        "signals",
        "ban",
        "lists",
        "outcome",
        "origin",
    )
    block_at, observe_at = _thresholds(root.table("thresholds"))
    allow, deny = _lists(root.table("lists"))
    origin = root.table("origin")
    origin.end("countries")
    routes = _routes(root.tables("route"))
    policy = Policy(
        profile=root.text("profile") if root.has("profile") else "",
        mode=root.choice("mode", Mode),
        block_at=block_at,
        observe_at=observe_at,
        malformed=root.choice("malformed", Mode),
        deny_cache_seconds=_deny_cache_seconds(root.table("deny_cache")),
        cost=_cost(root.table("cost")),
        routes=routes,
        signals=_signals(root.table("signals"), shipped),
        ban=_ban(root.table("ban")),
        allow=allow,
        deny=deny,
        countries=origin.countries("countries"),
        outcomes=_outcomes(root.tables("outcome"), routes, shipped),
        digest=digest,
    )
    if faults:
        raise PolicyError(faults)
    return policy


def _thresholds(table: PolicyTable) -> tuple[float, float]:
    table.end("block_at", "observe_at")
    block_at, observe_at = table.number("block_at", 0.0, 1.0), table.number("observe_at", 0.0, 1.0)
    if not table.faulty and observe_at >= block_at:
        table.fault("observe_at", observe_at, f"write less than block_at ({block_at:g})")
    return block_at, observe_at


def _deny_cache_seconds(table: PolicyTable) -> int:
    table.end("seconds")
    return table.integer("seconds", 0, LONGEST_DENY_CACHE_SECONDS)


def _cost(table: PolicyTable) -> Mapping[RouteClass, float]:
    table.end(*(route_class.value for route_class in RouteClass))
    return {route_class: table.number(route_class.value, 0.0, MOST_COST) for route_class in RouteClass}


def _lists(table: PolicyTable) -> tuple[tuple[Network, ...], tuple[Network, ...]]:
    table.end("allow", "deny")
    allow, deny = table.networks("allow"), table.networks("deny")
    for network in deny:
        if network in allow:
            table.fault("deny", str(network), "it is in lists.allow too, which wins: take one of them out")
    return allow, deny


def _routes(tables: Sequence[PolicyTable]) -> tuple[Route, ...]:
    routes: list[Route] = []
    for table in tables:
        route = _route(table)
        if route.name and route.name in {one.name for one in routes}:
            table.fault("name", route.name, "another route has this name: give each its own")
        routes.append(route)
    return tuple(routes)


def _route(table: PolicyTable) -> Route:
    table.end("name", "class", "paths", "methods", "mode", "trap")
    return Route(
        name=table.text("name"),
        route_class=table.choice("class", RouteClass),
        paths=table.paths("paths"),
        methods=table.methods("methods"),
        mode=table.choice("mode", Mode) if table.has("mode") else None,
        is_trap=table.switch("trap") if table.has("trap") else False,
    )


def _outcomes(
    tables: Sequence[PolicyTable], routes: Sequence[Route], shipped: Policy | None
) -> tuple[OutcomePolicy, ...]:
    """A shipped outcome goes with its route, when a file brings routes of its own."""
    known = {route.name for route in routes}
    outcomes = []
    for table in tables:
        table.end("name", "routes", "statuses")
        outcome = OutcomePolicy(table.text("name"), table.names("routes"), table.statuses("statuses"))
        if shipped is not None and outcome in shipped.outcomes:
            if outcome.routes <= known:
                outcomes.append(outcome)
            continue
        for name in sorted(outcome.routes - known):
            table.fault("routes", name, "no [[route]] has this name: add it or correct the name")
        outcomes.append(outcome)
    return tuple(outcomes)


def _signals(table: PolicyTable, shipped: Policy | None) -> Mapping[str, SignalPolicy]:
    table.end(*(signal.name for signal in SIGNALS))
    signals = {}
    for signal in SIGNALS:
        one = table.table(signal.name)
        one.end("weight", "mode", *signal.ramps)
        models = {} if shipped is None else shipped.signals[signal.name].ramps
        ramps = {name: one.ramp(name, models.get(name)) for name in signal.ramps}
        signals[signal.name] = SignalPolicy(one.number("weight", 0.0, 1.0), ramps, one.choice("mode", Mode))
    return signals


def _ban(table: PolicyTable) -> BanPolicy:
    table.end(
        "first_seconds",
        "repeat_factor",
        "longest_seconds",
        "memory_seconds",
        "unban_hold_seconds",
        "visitors_before_address",
        "offenders_before_subnet",
        "exempt",
    )
    ban = BanPolicy(
        first_seconds=table.integer("first_seconds", 1, LONGEST_BAN_SECONDS),
        repeat_factor=table.integer("repeat_factor", 1, MOST_REPEAT_FACTOR),
        longest_seconds=table.integer("longest_seconds", 1, LONGEST_BAN_SECONDS),
        memory_seconds=table.integer("memory_seconds", 1, LONGEST_BAN_SECONDS),
        unban_hold_seconds=table.integer("unban_hold_seconds", 0, LONGEST_BAN_SECONDS),
        visitors_before_address=table.integer("visitors_before_address", 0, MOST_VISITORS),
        offenders_before_subnet=table.integer("offenders_before_subnet", 0, MOST_OFFENDERS),
        exempt=table.networks("exempt"),
    )
    first, longest = ban.first_seconds, ban.longest_seconds
    if not table.faulty and longest < first:
        table.fault("longest_seconds", longest, f"write at least first_seconds ({first})")
    return ban
