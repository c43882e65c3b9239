"""The policy as values: every window, weight, threshold and list that a verdict depends on.

Read from ``policy.toml`` by ``policy_file.parse``; frozen afterwards, so that a verdict is reproducible
from (facts, counts, policy, now). Judgement lives here; addresses and switches live in the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


class Mode(StrEnum):
    """What a verdict does: ``enforce`` answers 403, ``observe`` answers 204 and records would-block."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


class RouteClass(StrEnum):
    """What a request asks for; decides what it costs and which windows count it."""

    ASSET = "asset"
    PAGE = "page"
    API = "api"
    SENSITIVE = "sensitive"


@dataclass(frozen=True, slots=True)
class Route:
    """One named route of the site. The first route that matches gives a request its class.

    ``paths`` are normalised paths: exact (``/checkout``), prefix (``/checkout/*``) or extension (``*.css``).
    ``methods`` empty means any method. ``mode`` overrides the policy's mode for this route. A trap is a route
    that no page shows to people.
    """

    name: str
    route_class: RouteClass
    paths: tuple[str, ...]
    methods: frozenset[str] = frozenset()
    mode: Mode | None = None
    is_trap: bool = False


@dataclass(frozen=True, slots=True)
class Ramp:
    """A straight line from 0 at ``start`` to 1 at ``full``; ``start`` above ``full`` makes it descend."""

    start: float
    full: float

    @property
    def silent_up_to(self) -> float:
        """The height is 0 at and below this value; of a ramp that descends, nowhere."""
        return self.start if self.start < self.full else float("-inf")

    def at(self, value: float) -> float:
        """The height at ``value``, 0..1."""
        height = (value - self.start) / (self.full - self.start)
        return 0.0 if height <= 0.0 else min(height, 1.0)


@dataclass(frozen=True, slots=True)
class SignalPolicy:
    """How much one signal may contribute (``weight`` 0..1), its ramps by name, and its own mode."""

    weight: float
    ramps: Mapping[str, Ramp]
    mode: Mode = Mode.ENFORCE


@dataclass(frozen=True, slots=True)
class BanPolicy:
    """First ban, its growth for repeats, its limit, how long a repeat and an unban are remembered, and
    how many visitors of a shared address are banned alone before the address itself is,
    and how many addresses of a subnet before the subnet."""

    first_seconds: int = 60
    repeat_factor: int = 4
    longest_seconds: int = 86_400
    memory_seconds: int = 86_400
    unban_hold_seconds: int = 600
    visitors_before_address: int = 3
    offenders_before_subnet: int = 8
    exempt: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class OutcomePolicy:
    """A good outcome: an answer with one of ``statuses`` on one of ``routes`` (by name)."""

    name: str
    routes: frozenset[str]
    statuses: frozenset[int]


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole policy. ``digest`` identifies its files (first 12 hex digits of their SHA-256)."""

    mode: Mode
    block_at: float
    observe_at: float
    malformed: Mode  # enforce: a request that cannot be read is refused; observe: let through
    deny_cache_seconds: int
    cost: Mapping[RouteClass, float]
    routes: tuple[Route, ...]
    signals: Mapping[str, SignalPolicy]
    ban: BanPolicy
    allow: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()
    countries: frozenset[str] = frozenset()  # ISO-2 codes that the signal origin counts in full
    outcomes: tuple[OutcomePolicy, ...] = ()
    profile: str = ""  # the shipped overlay it is built on, empty for none
    digest: str = ""

    @property
    def one_mode(self) -> bool:
        """No route has a mode of its own that differs: a client blocked here is blocked everywhere."""
        return all(route.mode in {None, self.mode} for route in self.routes)
