"""The time range of a page, from its address, and the buckets that keep a chart at a few hundred points.

``?range=1h`` is one of ``RANGES`` and ends now; ``?from=2026-11-23T09:00:00Z&to=2026-11-23T10:00:00Z`` stands
still. What is neither, or too long, is the default: an address may come from anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qs

from dash_app.rows import TrafficRow
from dash_app.texts import bucket_length
from dash_app.traffic_grain import Grain, grain_of

LIVE_SECONDS = 3_600  # longer ranges move too little to be asked for every second
SHORTEST_SECONDS, LONGEST_SECONDS = 60, 31 * 86_400  # of a custom range; events are kept for 30 days
MOST_POINTS = 400  # of a chart
BUCKET_SECONDS = (1, 3, 15, 60, 300, 1_800, 3_600, 7_200)
SETTLING_SECONDS = 3  # a second is written one to two seconds after its end; later ones would show too few


@dataclass(frozen=True, slots=True)
class Range:
    """``seconds`` long, drawn in buckets of ``bucket_seconds``; ``label`` completes "in the last ...".

    ``until`` (epoch seconds) is the end of a custom range; None is now, whenever that is.
    """

    key: str
    label: str
    seconds: int
    bucket_seconds: int
    until: int | None = None

    @property
    def is_live(self) -> bool:
        """Whether it ends now and is short enough to be redrawn every second."""
        return self.until is None and self.seconds <= LIVE_SECONDS

    @property
    def phrase(self) -> str:
        """``in the last hour``; ``from 2026-11-23 09:00:00 to 2026-11-23 10:00:00 UTC``."""
        if self.until is None:
            return f"in the last {self.label}"
        start, end = (datetime.fromtimestamp(one, UTC) for one in (self.until - self.seconds, self.until))
        return f"from {start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def phrase_before(self) -> str:
        """``in the hour before``: the range of equal length that ends where this one begins."""
        return f"in the {self.label} before" if self.until is None else "in as long a time before"

    def start(self, now: float) -> float:
        """Its first moment (epoch seconds)."""
        return self.end(now) - self.seconds

    def end(self, now: float) -> float:
        """Its last moment (epoch seconds)."""
        return now if self.until is None else float(self.until)

    def grain(self, now: float) -> Grain:
        """What its traffic is read from: seconds while it is short and young, else minutes or hours."""
        return grain_of(self.start(now), self.end(now), now)

    def as_read(self, now: float) -> Range:
        """The same range in buckets no finer than what it is read from; a custom range may be an old one."""
        finest = self.grain(now).value[1]
        if self.bucket_seconds % finest == 0:
            return self
        return replace(self, bucket_seconds=next(one for one in BUCKET_SECONDS if one % finest == 0))

    @property
    def bucket_note(self) -> str:
        """Which time one point of its chart is the mean of."""
        return f"requests a second, mean of each {bucket_length(self.bucket_seconds)}, UTC"

    def first_bucket(self, now: float) -> int:
        """Start of the oldest bucket (epoch seconds)."""
        return self._floor(self.start(now))

    def end_of_settled(self, now: float) -> int:
        """Where its chart ends: at the newest bucket whose seconds have all been written.

        A range that is not redrawn every second ends with what there is of its last bucket: that may be
        hours long, and is read in whole minutes or hours.
        """
        settled = now - SETTLING_SECONDS
        if self.is_live:
            return self._floor(settled)
        return int(min(self.grain(now).ceil(self.end(now)), settled))

    def _floor(self, moment: float) -> int:
        return int(moment) // self.bucket_seconds * self.bucket_seconds


RANGES = {
    one.key: one
    for one in (
        Range("5m", "5 minutes", 300, 1),
        Range("15m", "15 minutes", 900, 3),
        Range("1h", "hour", 3_600, 15),
        Range("6h", "6 hours", 6 * 3_600, 60),
        Range("24h", "24 hours", 86_400, 300),
        Range("7d", "7 days", 7 * 86_400, 3_600),
        Range("30d", "30 days", 30 * 86_400, 7_200),
    )
}
DEFAULT_RANGE = "5m"


def range_from_search(search: str | None) -> Range:
    """The range that the query of an address names (with ``?`` or without), or the default. Never raises."""
    try:
        asked = parse_qs((search or "").removeprefix("?"), max_num_fields=100)
    except ValueError:
        return RANGES[DEFAULT_RANGE]
    start, end = (_moment(asked.get(name, [""])[0]) for name in ("from", "to"))
    if start is not None and end is not None and SHORTEST_SECONDS <= end - start <= LONGEST_SECONDS:
        seconds = end - start
        bucket = next(one for one in BUCKET_SECONDS if seconds / one <= MOST_POINTS)
        return Range(f"{start}-{end}", "", seconds, bucket, until=end)
    return RANGES.get(asked.get("range", [""])[0], RANGES[DEFAULT_RANGE])


def _moment(text: str) -> int | None:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    # a moment without a zone would be another one on every machine
    return int(parsed.timestamp()) if parsed.tzinfo is not None else None


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

    A last bucket that is cut off by ``end`` is the mean of what there is of it.
    ``blocked`` is what the decider refused itself, so that the three areas stack to all requests.
    """
    totals = {bucket: [0, 0, 0, 0, 0] for bucket in range(start, end, span.bucket_seconds)}
    for row in rows:
        bucket = totals.get(row.second // span.bucket_seconds * span.bucket_seconds)
        if bucket is not None and row.second < end:
            counts = (row.allowed, row.blocked - row.cached_denies, row.cached_denies, row.would_block)
            for place, count in enumerate((*counts, row.fail_open)):
                bucket[place] += count
    return [
        TrafficPoint(bucket, *(round(count / min(span.bucket_seconds, end - bucket), 2) for count in counts))
        for bucket, counts in totals.items()
    ]
