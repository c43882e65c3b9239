"""What the rounds gave, and the figures that are made of it: medians, differences, targets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from load.bench.client_memory import ClientMemory
from load.bench.engine_cost import EngineCost
from load.bench.fixed_rate import LEAST_FOR_P999, REACHED, Latency
from load.bench.scenarios import ALLOW, BASE_RATE, NO_GUARD

PERCENTILES = ("p50_ms", "p99_ms", "p999_ms")


@dataclass(frozen=True, slots=True)
class Added:
    """What one kind of answer takes longer than no guard at the same rate, ms, each round.

    ``rate`` is the median of what was reached; ``beyond_ms`` the latencies without a guard.
    """

    rounds: Mapping[str, Sequence[float]]
    bare_ms: Mapping[str, float]
    rate: float
    reached: bool

    def median_ms(self, percentile: str) -> float | None:
        """None for a percentile that there were too few answers for."""
        values = self.rounds[percentile]
        return median(values) if values else None


@dataclass(slots=True)
class Results:
    """Key -> one value a round. ``latency``: kind and rate -> one a round, in step with those of NO_GUARD.

    ``repeated`` is how many runs were discarded because the machine stalled. ``missing`` says for a key
    why it has no figure.
    """

    machine: Mapping[str, str]
    quick: bool = False
    rps: dict[str, list[float]] = field(default_factory=dict)
    latency: dict[tuple[str, int], list[Latency]] = field(default_factory=dict)
    processor_ms: dict[str, list[float]] = field(default_factory=dict)
    engine: list[EngineCost] = field(default_factory=list)
    memory: ClientMemory | None = None
    repeated: int = 0
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """How many were measured."""
        return max(map(len, self.rps.values()), default=0)

    @property
    def rates(self) -> list[int]:
        """Requests a second at which latency was measured, ascending."""
        return sorted({rate for _, rate in self.latency})

    def median_rps(self, key: str) -> float | None:
        """None where it could not be measured."""
        return median(self.rps[key]) if self.rps.get(key) else None

    def added(self, kind: str, rate: int) -> Added | None:
        """None where it was not measured."""
        guarded, bare = self.latency.get((kind, rate)), self.latency.get((NO_GUARD.key, rate))
        if not guarded or not bare:
            return None
        pairs = list(zip(bare, guarded, strict=True))
        enough = min(one.answers for pair in pairs for one in pair) >= LEAST_FOR_P999
        shown = PERCENTILES if enough else PERCENTILES[:2]
        reached = median(one.rate for one in guarded)
        return Added(
            {
                name: [getattr(with_, name) - getattr(without, name) for without, with_ in pairs]
                if name in shown
                else []
                for name in PERCENTILES
            },
            {name: median(getattr(without, name) for without, _ in pairs) for name in PERCENTILES},
            reached,
            min(reached, median(one.rate for one in bare)) >= REACHED * rate,
        )

    def added_ms(self, kind: str, rate: int, percentile: str) -> float | None:
        """Median over the rounds; None where it was not measured or the rate not reached."""
        added = self.added(kind, rate)
        return added.median_ms(percentile) if added and added.reached else None

    def figures(self) -> dict[str, Any]:
        """Everything of bench.json but the targets; None where something could not be measured."""
        named: dict[str, Any] = {key: _rounded(self.median_rps(key), 1) for key in (*self.rps, *self.missing)}
        named["added_p50_ms"] = _rounded(self.added_ms(ALLOW.key, BASE_RATE, "p50_ms"), 3)
        named["added_p99_ms"] = _rounded(self.added_ms(ALLOW.key, BASE_RATE, "p99_ms"), 3)
        named["added_latency"] = self._latencies()
        named["processor_ms_per_1000_decisions"] = {
            name: round(median(values), 2) for name, values in self.processor_ms.items()
        }
        if self.engine:
            named["engine_us"] = round(median(one.decision_us for one in self.engine), 1)
            named["engine_quiet_us"] = round(median(one.quiet_us for one in self.engine), 1)
            named["replay_lines_per_second"] = round(
                median(one.replay_lines_per_second for one in self.engine)
            )
            named["engine_is_compiled"] = self.engine[0].is_compiled
        if self.memory:
            named |= {
                "clients_in_memory": self.memory.clients,
                "bytes_per_client": round(self.memory.record_bytes, 1),
                "redis_bytes_per_client": round(self.memory.redis_bytes, 1),
                "worker_mb_before_clients": round(self.memory.worker_mb_before, 1),
                "worker_mb_after_clients": round(self.memory.worker_mb, 1),
            }
        return named

    def _latencies(self) -> dict[str, dict[str, dict[str, Any]]]:
        table: dict[str, dict[str, dict[str, Any]]] = {}
        for kind, rate in self.latency:
            added = self.added(kind, rate)
            if kind == NO_GUARD.key or added is None:
                continue
            row = {name: _rounded(added.median_ms(name), 3) for name in PERCENTILES}
            reached = {"rate": round(added.rate, 1), "rate_reached": added.reached}
            table.setdefault(kind, {})[str(rate)] = row | reached
        return table


def write_json(results: Results, targets: Sequence[Mapping[str, Any]], folder: Path) -> Path:
    """``bench.json`` with the named figures; ``bench-rounds.json`` beside it with every round."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "bench.json"
    about = {"quick": results.quick, "rounds": results.rounds, "machine": dict(results.machine)}
    path.write_text(json.dumps(results.figures() | {"targets": list(targets)} | about, indent=2) + "\n")
    rounds = about | {
        "rps": results.rps,
        "latency": {
            f"{kind} {rate}": list(map(asdict, all_)) for (kind, rate), all_ in results.latency.items()
        },
        "processor_ms_per_1000_decisions": results.processor_ms,
        "engine": list(map(asdict, results.engine)),
        "repeated": results.repeated,
        "missing": results.missing,
    }
    (folder / "bench-rounds.json").write_text(json.dumps(rounds, indent=2) + "\n")
    return path


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
