"""One round: every scenario once, every kind of answer at every rate once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from load.bench.fixed_rate import REACHED, BrokenConnection, Latency, Load, Senders
from load.bench.gates import Gates, decided_by
from load.bench.results import Results
from load.bench.scenarios import ALLOW, BASE_RATE, KINDS, NO_GUARD, SCENARIOS, Kind, Scenario
from load.bench.throughput import SETTLE_SECONDS, Disturbed, Measured, measure_throughput

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds of each measurement, and requests a second at which latency is measured."""

    seconds: int
    warm_up_seconds: int
    latency_seconds: float
    latency_warm_up_seconds: float
    rates: tuple[int, ...]
    rounds: int


def measure_round(
    gates: Gates, senders: Senders, results: Results, plan: Plan, say: Callable[[str], None]
) -> None:
    """Add one value to each figure. Raises RuntimeError when something is not what it is taken for."""
    for scenario in SCENARIOS:
        if remedy := gates.missing.get(scenario.gate):
            results.missing[scenario.key] = remedy
            say(f"{scenario.key:<28} {remedy}")
        elif measured := _patiently(gates, scenario, plan, results, say):
            results.rps.setdefault(scenario.key, []).append(measured.rps)
            if scenario.clients.count > 1:
                for name, used_ms in measured.processor_ms.items():
                    results.processor_ms.setdefault(name, []).append(used_ms)
            say(f"{scenario.key:<28} {measured.rps:>10,.0f}")
    for rate in sorted({BASE_RATE, *plan.rates}):
        for kind in (NO_GUARD, *KINDS) if rate in plan.rates else (NO_GUARD, ALLOW):
            latency = _latency(gates, senders, kind, rate, plan)
            results.latency.setdefault((kind.key, rate), []).append(latency)
            what = f"{kind.key} at {rate:,}/s"
            reached = "" if latency.rate >= REACHED * rate else f"  only {latency.rate:,.0f}/s"
            say(f"{what:<28} p50 {latency.p50_ms:8.3f} ms  p99 {latency.p99_ms:8.3f} ms{reached}")


def _patiently(
    gates: Gates, scenario: Scenario, plan: Plan, results: Results, say: Callable[[str], None]
) -> Measured | None:
    """A run in which the machine stalled is run again, and counted as such."""
    for _ in range(ATTEMPTS):
        try:
            return measure_throughput(gates, scenario, plan.seconds, plan.warm_up_seconds)
        except Disturbed as error:
            results.repeated += 1
            results.missing[scenario.key] = f"not measured: {error}"
            say(f"{scenario.key:<28} again: {error}")
    return None


def _latency(gates: Gates, senders: Senders, kind: Kind, rate: int, plan: Plan) -> Latency:
    """A rate at which the guard lets requests pass undecided is one that it does not reach."""
    load = Load(
        gates.ports[kind.gate], rate, plan.latency_seconds, kind.clients, plan.latency_warm_up_seconds
    )
    counted = decided_by(kind.gate)
    before = gates.decisions(kind.gate) if counted else 0
    try:
        latency = senders.measure(load, kind.status)
    except BrokenConnection:  # the machine stalled for seconds; twice is no accident
        latency = senders.measure(load, kind.status)
    if latency.errors > latency.answers / 2:
        raise RuntimeError(f"{kind.key} at {rate}/s: {latency.errors} answers other than {kind.status}")
    if not counted:
        return latency
    time.sleep(SETTLE_SECONDS)
    decided = (gates.decisions(kind.gate) - before) / round(rate * (load.seconds + load.warm_up_seconds))
    return replace(latency, rate=latency.rate * min(1.0, decided))
