"""policy.toml -> Policy. Everything is checked; every fault is told at once with what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from decider.core.errors import PolicyError
from decider.core.policy import BanPolicy, Mode, OutcomePolicy, Policy, Ramp, Route, RouteClass, SignalPolicy
from decider.core.policy_table import PolicyTable
from decider.core.signals import SIGNALS

LONGEST_BAN_SECONDS = 366 * 86_400  # a mistyped number, not a ban
LONGEST_DENY_CACHE_SECONDS = 2  # an operator's unban must reach the client within three seconds
MOST_COST = 1_000.0  # page views; a single request dearer than that is a ban by another name


def parse(mapping: Mapping[str, Any], digest: str) -> Policy:
    """Check a whole policy. Raises PolicyError with one line for each fault."""
    faults: list[str] = []
    root = PolicyTable(mapping, "", faults)
    thresholds = root.table("thresholds")
    policy = Policy(
        mode=root.choice("mode", Mode),
        block_at=thresholds.number("block_at", 0.0, 1.0),
        observe_at=thresholds.number("observe_at", 0.0, 1.0),
        malformed=root.choice("malformed", Mode),
        deny_cache_seconds=root.table("deny_cache").integer("seconds", 0, LONGEST_DENY_CACHE_SECONDS),
        cost=_cost(root.table("cost")),
        routes=tuple(_route(table) for table in root.tables("route")),
        signals=_signals(root.table("signals")),
        ban=_ban(root.table("ban")),
        allow=root.table("lists").networks("allow"),
        deny=root.table("lists").networks("deny"),
        countries=root.table("origin").countries("countries"),
        outcomes=tuple(_outcome(table) for table in root.tables("outcome")),
        digest=digest,
    )
    root.end("mode", "malformed", "thresholds", "deny_cache", "cost", "route", "outcome", "signals", "ban", "lists", "origin")
    root.table("origin").end("countries")
    thresholds.end("block_at", "observe_at")
    root.table("deny_cache").end("seconds")
    root.table("lists").end("allow", "deny")
    if policy.observe_at >= policy.block_at:
        faults.append(
            f"thresholds.observe_at = {policy.observe_at} is not below block_at = {policy.block_at}: lower it"
        )
    names = [route.name for route in policy.routes]
    unknown = sorted({one for outcome in policy.outcomes for one in outcome.routes} - set(names))
    faults += [f"outcome names the route {name!r}, which no [[route]] has: add it or correct the name" for name in unknown]
    faults += [f"route {name!r} stands twice: give each its own name" for name in sorted(_repeated(names))]
    if faults:
        raise PolicyError(faults)
    return policy


def _cost(table: PolicyTable) -> Mapping[RouteClass, float]:
    table.end(*(route_class.value for route_class in RouteClass))
    return {route_class: table.number(route_class.value, 0.0, MOST_COST) for route_class in RouteClass}


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


def _outcome(table: PolicyTable) -> OutcomePolicy:
    table.end("name", "routes", "statuses")
    return OutcomePolicy(table.text("name"), table.names("routes"), table.statuses("statuses"))


def _signals(table: PolicyTable) -> Mapping[str, SignalPolicy]:
    table.end(*(signal.name for signal in SIGNALS))
    signals = {}
    for signal in SIGNALS:
        one = table.table(signal.name)
        one.end("weight", "mode", *signal.ramps)
        ramps: dict[str, Ramp] = {name: one.ramp(name) for name in signal.ramps}
        signals[signal.name] = SignalPolicy(one.number("weight", 0.0, 1.0), ramps, one.choice("mode", Mode))
    return signals


def _ban(table: PolicyTable) -> BanPolicy:
    table.end(
        "first_seconds", "repeat_factor", "longest_seconds", "memory_seconds", "unban_hold_seconds", "exempt"
    )
    return BanPolicy(
        first_seconds=table.integer("first_seconds", 1, LONGEST_BAN_SECONDS),
        repeat_factor=table.integer("repeat_factor", 1, 100),
        longest_seconds=table.integer("longest_seconds", 1, LONGEST_BAN_SECONDS),
        memory_seconds=table.integer("memory_seconds", 1, LONGEST_BAN_SECONDS),
        unban_hold_seconds=table.integer("unban_hold_seconds", 0, LONGEST_BAN_SECONDS),
        exempt=table.networks("exempt"),
    )


def _repeated(names: list[str]) -> set[str]:
    return {name for name in names if name and names.count(name) > 1}
