"""Requests a second of one scenario, and what a decision costs in processor time meanwhile."""

from __future__ import annotations

import time
from dataclasses import dataclass

from load.bench.gates import Gates, decided_by
from load.bench.scenarios import Gate, Scenario
from load.bench.wrk import run_wrk

SETTLE_SECONDS = 1.5  # heartbeats carry the decider's totals once a second; a recorder reads what is left
LEAST_DECIDED = 0.99  # below it a figure is not the guard's but the fail-open's


class Disturbed(RuntimeError):
    """The machine stalled: requests passed the guard without a decision, or connections broke."""


@dataclass(frozen=True, slots=True)
class Measured:
    """``rps`` requests a second; ``processor_ms`` by process for 1,000 decisions, where that was measured."""

    rps: float
    processor_ms: dict[str, float]


def measure_throughput(gates: Gates, scenario: Scenario, seconds: int, warm_up_seconds: int) -> Measured:
    """Raises Disturbed when the run is not of what the scenario is about."""
    url = f"http://127.0.0.1:{gates.ports[scenario.gate]}/"
    run_wrk(url, scenario.clients, warm_up_seconds)  # also fills a deny cache, which empties within seconds
    counted = decided_by(scenario.gate)
    decisions = gates.decisions(scenario.gate) if counted else 0
    processor = gates.processor_seconds()
    run = run_wrk(url, scenario.clients, seconds)
    used = gates.processor_seconds()
    if run.broken:
        raise Disturbed(f"{run.broken} connections broke or gave no answer in time")
    if counted or scenario.gate is Gate.LOGGED:
        time.sleep(SETTLE_SECONDS)
    right = run.errors if scenario.denied else run.requests - run.errors
    if counted:
        right = min(right, gates.decisions(scenario.gate) - decisions)
    if right < LEAST_DECIDED * run.requests:
        raise Disturbed(f"only {right / run.requests:.1%} of the requests were decided, the rest passed")
    if scenario.gate is not Gate.OBSERVE:
        return Measured(run.rps, {})
    thousands = run.requests / 1000
    return Measured(run.rps, {name: 1000 * (used[name] - processor[name]) / thousands for name in used})
