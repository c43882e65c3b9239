"""What the reader returns: frozen rows of plain values, whatever the database holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from decider.core.security_event import SecurityEvent, event_from_mapping


@dataclass(frozen=True, slots=True)
class RouteTraffic:
    """One route in one second; seconds and bytes are those of allowed requests."""

    route: str
    allowed: int
    blocked: int
    upstream_seconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class TrafficRow:
    """One second, minute or hour of a node that starts at ``second`` (epoch seconds).

    ``blocked`` includes ``cached_denies``, ``allowed`` includes ``would_block``; ``likely_harm`` are blocked
    requests of clients that had a good outcome within a day.
    """

    second: int
    allowed: int
    blocked: int
    cached_denies: int
    would_block: int
    fail_open: int
    blocked_by_country: Mapping[str, int]
    routes: tuple[RouteTraffic, ...]
    allowed_by_country: Mapping[str, int] = field(default_factory=dict)
    likely_harm: int = 0


@dataclass(frozen=True, slots=True)
class EventRow:
    """One security event with its id."""

    event_id: str
    event: SecurityEvent


@dataclass(frozen=True, slots=True)
class RecorderRow:
    """One recorder's own report; ``ts`` epoch seconds."""

    node: str
    ts: float
    lag_events: int
    redis_reachable: bool
    degraded_workers: int
    workers: int


def traffic_row(document: Mapping[str, Any]) -> TrafficRow:
    """Read a ``traffic`` document."""
    return TrafficRow(
        second=int(document["ts"].timestamp()),
        allowed=int(document.get("allowed", 0)),
        blocked=int(document.get("blocked", 0)),
        cached_denies=int(document.get("cached_denies", 0)),
        would_block=int(document.get("would_block", 0)),
        fail_open=int(document.get("fail_open", 0)),
        blocked_by_country={
            str(one["country"]): int(one["blocked"])
            for one in document.get("by_country", ())
            if one.get("blocked")
        },
        routes=tuple(
            RouteTraffic(
                str(one["route"]),
                int(one["allowed"]),
                int(one["blocked"]),
                float(one["upstream_seconds"]),
                int(one["bytes"]),
            )
            for one in document.get("by_route", ())
        ),
        allowed_by_country={
            str(one["country"]): int(one["allowed"])
            for one in document.get("by_country", ())
            if one.get("allowed")
        },
        likely_harm=int(document.get("likely_harm", 0)),
    )


def event_row(document: Mapping[str, Any]) -> EventRow:
    """Read an ``events`` document."""
    return EventRow(str(document["_id"]), event_from_mapping(document))


def recorder_row(document: Mapping[str, Any]) -> RecorderRow:
    """Read a ``recorder_status`` document."""
    workers = document.get("workers", ())
    return RecorderRow(
        node=str(document["_id"]),
        ts=document["ts"].timestamp(),
        lag_events=int(document.get("lag_events", 0)),
        redis_reachable=bool(document.get("redis_reachable", True)),
        degraded_workers=sum(bool(worker.get("degraded")) for worker in workers),
        workers=len(workers),
    )
