"""The time ranges of a live page, and the buckets that keep a chart at a few hundred points."""

from __future__ import annotations

from dataclasses import dataclass

from dash_app.rows import TrafficRow

SETTLING_SECONDS = 3  # a second is written one to two seconds after its end; later ones would show too few


@dataclass(frozen=True, slots=True)
class Range:
    """``seconds`` long, drawn in buckets of ``bucket_seconds``; ``label`` completes "in the last ..."."""

    key: str
    label: str
    seconds: int
    bucket_seconds: int

    def first_bucket(self, now: float) -> int:
        """Start of the oldest bucket (epoch seconds)."""
        return self._floor(now - self.seconds)

    def end_of_settled(self, now: float) -> int:
        """End of the newest bucket whose seconds have all been written."""
        return self._floor(now - SETTLING_SECONDS)

    def _floor(self, moment: float) -> int:
        return int(moment) // self.bucket_seconds * self.bucket_seconds


RANGES = {
    one.key: one
    for one in (
        Range("5m", "5 minutes", 300, 1),
        Range("15m", "15 minutes", 900, 3),
        Range("1h", "hour", 3_600, 15),
    )
}
DEFAULT_RANGE = "5m"


@dataclass(frozen=True, slots=True)
class TrafficPoint:
    """Requests a second, averaged over one bucket that starts at ``start`` (epoch seconds)."""

    start: int
    allowed: float
    blocked: float
    cached_denies: float
    would_block: float
    fail_open: float


def traffic_points(rows: list[TrafficRow], span: Range, start: int, end: int) -> list[TrafficPoint]:
    """One point a bucket from ``start`` to ``end``; a bucket nobody asked anything in is zero.

    ``blocked`` is what the decider refused itself, so that the three areas stack to all requests.
    """
    totals = {bucket: [0, 0, 0, 0, 0] for bucket in range(start, end, span.bucket_seconds)}
    for row in rows:
        bucket = totals.get(row.second // span.bucket_seconds * span.bucket_seconds)
        if bucket is not None:
            counts = (row.allowed, row.blocked - row.cached_denies, row.cached_denies, row.would_block)
            for place, count in enumerate((*counts, row.fail_open)):
                bucket[place] += count
    return [
        TrafficPoint(bucket, *(round(count / span.bucket_seconds, 2) for count in counts))
        for bucket, counts in totals.items()
    ]
