"""Bans -> attacks: who, what, since when, how fast, and what became of it. Pure.

An attack is one client, or several of one network that were banned for the same main signal: a botnet in one
hoster's addresses is one line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from dash_app.rows import EventRow
from decider.core.security_event import EventKind, SecurityEvent

EXPLAINING = (
    "reasons",
    "sentence",
    "country",
    "asn",
    "network",
    "city",
    "route",
    "path",
    "user_agent",
    "score",
)
SEVERAL = 3  # clients of a network: two may well be two people


class AttackState(Enum):
    """What became of it."""

    BANNED = "banned"
    WOULD_BLOCK = "would block"
    ENDED = "ended"
    LIFTED = "unbanned"

    @property
    def is_running(self) -> bool:
        """Whether it goes on, as far as bans tell."""
        return self in (AttackState.BANNED, AttackState.WOULD_BLOCK)


@dataclass(frozen=True, slots=True)
class Attack:
    """``newest`` is the last ban of it; ``clients`` how many took part, ``running`` how many still do.

    ``since`` and ``until`` in epoch seconds; ``blocked_per_second`` None where nothing tells it.
    """

    newest: SecurityEvent
    clients: int
    running: int
    signal: str
    route: str
    since: float
    until: float
    state: AttackState
    blocked_per_second: float | None = None


@dataclass(slots=True)
class _Case:
    """What is known of one client; its rows come newest first."""

    newest: SecurityEvent
    since: float
    state: AttackState


def attacks(
    rows: Iterable[EventRow], now: float, blocked_by_country: Mapping[str, float] | None = None
) -> list[Attack]:
    """Those that go on first, then the newest. ``rows`` newest first, ``blocked_by_country`` a second.

    A rate is told where an attack is the only one that goes on in its country: what is blocked there is its.
    """
    groups: defaultdict[tuple[int, str], list[_Case]] = defaultdict(list)
    for case in _cases(rows, now).values():
        groups[case.newest.asn, main_signal(case.newest)].append(case)
    found = []
    for (asn, _), cases in groups.items():
        parts = [cases] if asn and len(cases) >= SEVERAL else [[one] for one in cases]
        found += [_attack(part) for part in parts]
    found.sort(key=lambda one: (not one.state.is_running, -one.since, one.newest.client))
    return _with_rates(found, blocked_by_country or {})


def _cases(rows: Iterable[EventRow], now: float) -> dict[str, _Case]:
    cases: dict[str, _Case] = {}
    lifted: set[str] = set()
    for event in (row.event for row in rows):
        case = cases.get(event.client)
        if event.kind is EventKind.BAN_LIFTED:
            if case is None:
                lifted.add(event.client)
        elif case is None:
            cases[event.client] = _Case(event, event.ts, _state(event, now, event.client in lifted))
        else:
            case.since = event.ts
            if not case.newest.reasons and event.reasons:  # an operator's extension names no signal
                case.newest = _explained(case.newest, event)
    return cases


def _state(event: SecurityEvent, now: float, is_lifted: bool) -> AttackState:
    if is_lifted:
        return AttackState.LIFTED
    if event.until <= now:
        return AttackState.ENDED
    return AttackState.WOULD_BLOCK if event.kind is EventKind.WOULD_BLOCK else AttackState.BANNED


def _explained(extension: SecurityEvent, ban: SecurityEvent) -> SecurityEvent:
    """The extension with what only the ban before it says."""
    silent = {name: getattr(ban, name) for name in EXPLAINING if not getattr(extension, name)}
    return replace(extension, **silent)


def _attack(cases: Sequence[_Case]) -> Attack:
    newest = max(cases, key=lambda one: one.newest.ts).newest
    running = [one for one in cases if one.state.is_running]
    routes = Counter(one.newest.route for one in cases if one.newest.route)
    return Attack(
        newest=newest,
        clients=len(cases),
        running=len(running),
        signal=main_signal(newest),
        route=routes.most_common(1)[0][0] if routes else "",
        since=min(one.since for one in cases),
        until=max(one.newest.until for one in running or cases),
        state=max(running, key=lambda one: one.newest.until).state if running else cases[0].state,
    )


def main_signal(event: SecurityEvent) -> str:
    """The signal that weighed most; empty where none did."""
    return max(event.reasons, key=lambda one: one.contribution).signal if event.reasons else ""


def _with_rates(found: Sequence[Attack], blocked_by_country: Mapping[str, float]) -> list[Attack]:
    blocked = Counter(one.newest.country for one in found if one.state.is_running)
    return [
        replace(one, blocked_per_second=blocked_by_country.get(one.newest.country, 0.0))
        if one.state is AttackState.BANNED and blocked[one.newest.country] == 1
        else one
        for one in found
    ]
