"""Results of three rounds, with figures that are easy to reckon with."""

from __future__ import annotations

from load.bench.client_memory import ClientMemory
from load.bench.engine_cost import EngineCost
from load.bench.fixed_rate import Latency
from load.bench.results import Results
from load.bench.scenarios import SCENARIOS, Gate


def latency(p50_ms: float, p99_ms: float, rate: float = 1000.0, answers: int = 5000) -> Latency:
    """One run; its p99.9 is 9 ms."""
    return Latency(p50_ms, p99_ms, p999_ms=9.0, answers=answers, errors=0, rate=rate)


def made_results() -> Results:
    """Every scenario has 900, 1000 and 1500 requests/s; the Lua peer is not installed."""
    made = Results({"cores": "2"})
    for scenario in SCENARIOS:
        if scenario.gate is Gate.LUA:
            made.missing[scenario.key] = "not installed: apt install peer"
        else:
            made.rps[scenario.key] = [900.0, 1000.0, 1500.0]
    bare = [latency(0.2, 1.0), latency(0.2, 1.0), latency(0.3, 9.0)]
    guarded = [latency(0.7, 2.0), latency(0.8, 2.5), latency(1.3, 2.0)]
    for rate in (500, 1000):
        made.latency["no_guard", rate] = bare
        made.latency["allow", rate] = guarded
    made.processor_ms = {"decider": [60.0, 50.0, 90.0], "redis": [20.0, 22.0, 21.0]}
    made.engine = [
        EngineCost(20.0, 4.0, 15_000.0),
        EngineCost(22.0, 5.0, 16_000.0),
        EngineCost(90.0, 9.0, 2_000.0),
    ]
    made.memory = ClientMemory(1_000_000, 340.0, 395.0, 52.0, 61.0)
    return made
