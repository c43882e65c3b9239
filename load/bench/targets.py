"""What the product promises of its speed and size, and whether one benchmark run keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from load.bench.results import Results

CLIENTS_OF_THE_PROMISE = 1_000_000  # distinct clients after which a worker's memory is promised
# (figure, compared with, at least): ratios of medians of one run, so that a slow machine is no excuse or help
RATIOS = (
    ("guarded_many_clients_rps", "ceiling_rps", 0.45),
    ("guarded_one_client_rps", "ceiling_rps", 0.55),
    ("guarded_many_clients_rps", "lua_in_nginx_many_rps", 1.30),
    ("deny_cached_one_rps", "deny_all_rps", 0.55),
    ("deny_cached_10k_rps", "deny_all_rps", 0.40),
    ("deny_cached_one_logged_rps", "deny_cached_one_rps", 0.85),
    ("deny_cached_10k_logged_rps", "deny_cached_10k_rps", 0.85),
)
# (kind, rate, percentile, at most): milliseconds more than no guard
ADDED_MS = (
    ("allow", 1_000, "p50_ms", 0.6),
    ("allow", 1_000, "p99_ms", 3.0),
    ("fail_open", 1_000, "p99_ms", 1.0),
)
ENGINE_US = 25.0
REPLAY_LINES_PER_SECOND = 15_000.0
RECORD_BYTES = 400.0
WORKER_MB = 100.0


@dataclass(frozen=True, slots=True)
class Target:
    """``value`` is None where it was not measured; then nobody knows."""

    name: str
    value: float | None
    bound: float
    at_least: bool

    @property
    def met(self) -> bool | None:
        """None: not measured."""
        value = self.shown
        if value is None:
            return None
        return value >= self.bound if self.at_least else value <= self.bound

    @property
    def shown(self) -> float | None:
        """As it is told: what reads 0.600 is not above 0.6."""
        return None if self.value is None else round(self.value, 3)

    def as_dict(self) -> dict[str, Any]:
        """For bench.json."""
        bound = "at_least" if self.at_least else "at_most"
        return {"name": self.name, "value": self.shown, bound: self.bound, "met": self.met}


def targets(results: Results) -> Iterator[Target]:
    """All of them, measured or not."""
    for top, bottom, least in RATIOS:
        above, below = results.median_rps(top), results.median_rps(bottom)
        ratio = above / below if above is not None and below else None
        yield Target(f"{top} / {bottom}", ratio, least, at_least=True)
    for kind, rate, percentile, most in ADDED_MS:
        value = results.added_ms(kind, rate, percentile)
        name = f"{kind} at {rate:,}/s, added {percentile.removesuffix('_ms')} in ms"
        yield Target(name, value, most, at_least=False)
    if results.engine:
        engine_us = median(one.decision_us for one in results.engine)
        lines = median(one.replay_lines_per_second for one in results.engine)
        yield Target("engine, us a decision", engine_us, ENGINE_US, at_least=False)
        yield Target("replay, lines/s", lines, REPLAY_LINES_PER_SECOND, at_least=True)
    memory = results.memory
    yield Target(
        "bytes of a client record", memory.record_bytes if memory else None, RECORD_BYTES, at_least=False
    )
    judged = memory is not None and memory.clients >= CLIENTS_OF_THE_PROMISE
    name = f"MB of a worker after {CLIENTS_OF_THE_PROMISE:,} clients"
    yield Target(name, memory.worker_mb if memory and judged else None, WORKER_MB, at_least=False)
