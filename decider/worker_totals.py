"""What one worker has done since it started: plain integers, read once a second by heartbeat and metrics."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from dataclasses import dataclass, field

LATENCY_BOUNDS_MS = (
    0.1,
    0.2,
    0.3,
    0.5,
    0.75,
    1,
    1.5,
    2,
    3,
    5,
    7.5,
    10,
    15,
    20,
    30,
    50,
    75,
    100,
    150,
    250,
    500,
)
LATENCY_WINDOW_BEATS = 60  # heartbeats (seconds) that the published percentiles look back on


@dataclass(slots=True)
class WorkerTotals:
    """Counts since the start; ``answers`` by answer, ``malformed`` by code."""

    answers: Counter[str] = field(default_factory=Counter)
    malformed: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    degraded_decisions: int = 0
    shed: int = 0
    latencies: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BOUNDS_MS) + 1))
    seconds_in_decisions: float = 0.0
    _beats: deque[tuple[int, ...]] = field(default_factory=lambda: deque(maxlen=LATENCY_WINDOW_BEATS + 1))

    def decided(self, answer: str, seconds: float) -> None:
        """Note one decision, and how long it took inside the worker."""
        self.answers[answer] += 1
        self.latencies[bisect_left(LATENCY_BOUNDS_MS, 1000 * seconds)] += 1
        self.seconds_in_decisions += seconds

    def percentiles(self) -> tuple[float, float]:
        """p50 and p99 in ms over the last minute, each the upper bound of its bucket; call once a beat."""
        self._beats.append(tuple(self.latencies))
        lately = [now - then for now, then in zip(self.latencies, self._beats[0], strict=True)]
        return _percentile(lately, 0.50), _percentile(lately, 0.99)


def _percentile(buckets: list[int], share: float) -> float:
    wanted, seen = share * sum(buckets), 0
    for count, bound in zip(buckets, (*LATENCY_BOUNDS_MS, LATENCY_BOUNDS_MS[-1]), strict=True):
        seen += count
        if seen and seen >= wanted:
            return float(bound)
    return 0.0
