"""Medians and spread over the rounds, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from load.bench.engine_cost import EngineCost
from load.bench.fixed_rate import Latency
from load.bench.scenarios import LATENCY_RATE, SCENARIOS

RATIOS = (
    ("guarded_many_clients_rps", "ceiling_rps"),
    ("guarded_one_client_rps", "ceiling_rps"),
    ("deny_cached_one_rps", "deny_all_rps"),
    ("deny_cached_10k_rps", "deny_all_rps"),
)


@dataclass(slots=True)
class Results:
    """What the rounds gave: key -> requests a second of each round, and (without, with) guard latencies.

    ``repeated`` is how many runs were discarded because requests passed undecided.
    """

    machine: Mapping[str, str]
    rps: dict[str, list[float]] = field(default_factory=dict)
    latency: list[tuple[Latency, Latency]] = field(default_factory=list)
    repeated: int = 0
    engine: list[EngineCost] = field(default_factory=list)

    def medians(self) -> dict[str, float]:
        """The named figures of bench.json: requests a second, and milliseconds that the guard adds."""
        figures = {key: round(median(values), 1) for key, values in self.rps.items()}
        added = [
            (guarded.p50_ms - bare.p50_ms, guarded.p99_ms - bare.p99_ms) for bare, guarded in self.latency
        ]
        figures["added_p50_ms"] = round(median(p50 for p50, _ in added), 3)
        figures["added_p99_ms"] = round(median(p99 for _, p99 in added), 3)
        figures["engine_us"] = round(median(one.decision_us for one in self.engine), 1)
        lines = median(one.replay_lines_per_second for one in self.engine)
        figures["replay_lines_per_second"] = round(lines)
        return figures


def spread(values: Sequence[float]) -> str:
    """Lowest and highest round, as a percentage of the median."""
    middle = median(values)
    return f"{(min(values) / middle - 1) * 100:+.0f} % {(max(values) / middle - 1) * 100:+.0f} %"


def table(results: Results) -> str:
    """Markdown, ready for the documentation."""
    figures, rounds = results.medians(), len(results.latency)
    lines = [
        f"Medians of {rounds} alternating rounds; "
        + ", ".join(f"{k} {v}" for k, v in results.machine.items())
        + ".",
        "",
        "| figure | median | spread | what |",
        "|---|---:|---|---|",
    ]
    for scenario in SCENARIOS:
        values = results.rps[scenario.key]
        lines.append(
            f"| `{scenario.key}` | {figures[scenario.key]:,.0f} | {spread(values)} | {scenario.meaning} |"
        )
    for key, pick in (("added_p50_ms", "p50_ms"), ("added_p99_ms", "p99_ms")):
        each = [getattr(guarded, pick) - getattr(bare, pick) for bare, guarded in results.latency]
        bare = median(getattr(bare, pick) for bare, _ in results.latency)
        lines.append(
            f"| `{key}` | {figures[key]:.3f} | {min(each):.3f} to {max(each):.3f} "
            f"| added at {LATENCY_RATE} requests/s, on top of {bare:.3f} ms |"
        )
    lines += [
        f"| `engine_us` | {figures['engine_us']:.1f} | | CPU beyond Redis and network, one core |",
        f"| `replay_lines_per_second` | {figures['replay_lines_per_second']:,.0f} | | one core |",
    ]
    lines += ["", *(f"{top} / {bottom} = {figures[top] / figures[bottom]:.2f}" for top, bottom in RATIOS)]
    if results.repeated:
        lines.append(f"{results.repeated} runs were repeated because requests passed the guard undecided.")
    return "\n".join(lines)


def write_json(results: Results, folder: Path) -> Path:
    """``bench.json`` with exactly the named figures; ``bench-rounds.json`` beside it with every round."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "bench.json"
    path.write_text(json.dumps(results.medians(), indent=2) + "\n")
    latency = [
        {"unguarded": _as_dict(bare), "guarded": _as_dict(guarded)} for bare, guarded in results.latency
    ]
    rounds = {
        "machine": dict(results.machine),
        "rps": results.rps,
        "latency": latency,
        "repeated": results.repeated,
    }
    (folder / "bench-rounds.json").write_text(json.dumps(rounds, indent=2) + "\n")
    return path


def _as_dict(latency: Latency) -> dict[str, float]:
    return {name: getattr(latency, name) for name in Latency.__slots__}
