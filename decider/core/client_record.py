"""What is remembered of one client, and how a request changes it: the algorithm, without store or clock.

A record is a fixed-layout byte string (``LAYOUT``, little endian, 124 bytes), the same in Redis and in the
worker's own memory; ``stores/count_requests.lua`` does to it exactly what ``count_hits`` does here, and one
contract suite holds both to it.

Sliding windows are two-bucket approximations (Cloudflare, "How we built rate limiting capable of scaling
to millions of domains"): the running bucket plus the part of the previous one that the window still covers.
One common ``last_ms`` tells for every window whether its bucket still runs, so a counter is two shorts.

    windows of 10 s, 7 requests in the bucket 10..20, 3 so far in 20..30, asked at 24 s:
    3 + 7 x (1 - 4/10) = 7.2 requests in the last 10 s

Rhythm follows the intervals between requests (assets left out) as TCP follows round trips
(RFC 6298): smoothed mean and mean deviation. A machine's deviation is a small part of its mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from struct import Struct
from zlib import crc32

from decider.core.policy import RouteClass

WINDOWS_SECONDS = (1, 10, 60)  # burst, a few clicks, a visit
GROUPS = tuple(RouteClass)  # each group has one counter a window; a hit may belong to several
COUNTER_LIMIT = 65_535  # a counter is an unsigned short and stays at its limit
RECENT_MARKS = 8  # an internal redirect repeats its id within milliseconds, few requests later
MARK_BYTES = 4
SMOOTHING = 1 / 8  # RFC 6298's alpha, used for mean and deviation alike
INTERVAL_LIMIT_MS = 3_600_000.0  # an hour's silence is a new visit, not a slow rhythm
RECORD_VERSION = 1
RECORD_TTL_SECONDS = 2 * max(WINDOWS_SECONDS)  # after two windows of silence every counter reads zero

_COUNTERS = len(GROUPS) * len(WINDOWS_SECONDS)
LAYOUT = Struct(f"<BdIIBBIdffH{RECENT_MARKS * MARK_BYTES}s{2 * _COUNTERS}H")
HIT_LAYOUT = Struct(f"<{MARK_BYTES}sHHB")
_WINDOWS_MS = tuple(1000 * seconds for seconds in WINDOWS_SECONDS)
_NO_MARK = bytes(MARK_BYTES)


@dataclass(frozen=True, slots=True)
class Hit:
    """One request: the groups that count it, its age, its mark (zero bytes: never taken for a repeat)."""

    groups: int
    rhythm: bool
    age_ms: int = 0
    request_mark: bytes = _NO_MARK

    def pack(self) -> bytes:
        """The nine bytes the script reads: mark, groups (bit set), age in ms, rhythm flag."""
        return HIT_LAYOUT.pack(self.request_mark, self.groups, min(self.age_ms, COUNTER_LIMIT), self.rhythm)


def hit_for(route_class: RouteClass, request_id: str = "", age_ms: int = 0) -> Hit:
    """The hit of a request of one class."""
    mark = (
        crc32(request_id.encode("utf-8", "replace")).to_bytes(MARK_BYTES, "big") if request_id else _NO_MARK
    )
    return Hit(1 << GROUPS.index(route_class), route_class is not RouteClass.ASSET, age_ms, mark)


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """A decoded record; ``buckets`` holds (running, previous) for each window of each group in turn."""

    last_ms: float = 0.0
    ban_until: int = 0
    ban_seconds: int = 0
    ban_count: int = 0
    ban_enforced: bool = False
    hold_until: int = 0
    previous_ms: float = 0.0
    interval_mean_ms: float = 0.0
    interval_deviation_ms: float = 0.0
    interval_count: int = 0
    marks: bytes = bytes(RECENT_MARKS * MARK_BYTES)
    buckets: tuple[int, ...] = field(default=(0,) * (2 * _COUNTERS))

    def encode(self) -> bytes:
        """The stored form."""
        return LAYOUT.pack(
            RECORD_VERSION,
            self.last_ms,
            self.ban_until,
            self.ban_seconds,
            self.ban_count,
            self.ban_enforced,
            self.hold_until,
            self.previous_ms,
            self.interval_mean_ms,
            self.interval_deviation_ms,
            self.interval_count,
            self.marks,
            *self.buckets,
        )


def decode(packed: bytes | None) -> ClientRecord:
    """Read a stored record; none, or one of another version, is a new client."""
    if packed is None or len(packed) != LAYOUT.size or packed[0] != RECORD_VERSION:
        return ClientRecord()
    _, last, until, seconds, count, enforced, hold, previous, mean, deviation, intervals, marks, *buckets = (
        LAYOUT.unpack(packed)
    )
    return ClientRecord(
        last,
        until,
        seconds,
        count,
        bool(enforced),
        hold,
        previous,
        mean,
        deviation,
        intervals,
        marks,
        tuple(buckets),
    )


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of a client at one moment. ``now_ms`` is the store's clock."""

    record: ClientRecord
    now_ms: float

    def over(self, group: RouteClass, window_seconds: int) -> float:
        """Requests of a group in the sliding window that ends now."""
        window = WINDOWS_SECONDS.index(window_seconds)
        return self._estimate(GROUPS.index(group) * len(WINDOWS_SECONDS) + window, _WINDOWS_MS[window])

    def _estimate(self, counter: int, window_ms: int) -> float:
        running, previous = self.record.buckets[2 * counter : 2 * counter + 2]
        now, last = self.now_ms // window_ms, self.record.last_ms // window_ms
        if now > last:
            running, previous = 0, running if now == last + 1 else 0
        return running + previous * (1.0 - self.now_ms % window_ms / window_ms)

    @property
    def variation(self) -> float:
        """Mean deviation of the intervals as a part of their mean: near 0 for a machine, 0.7 for a person."""
        mean = self.record.interval_mean_ms
        return self.record.interval_deviation_ms / mean if mean > 0.0 else 1.0


def count_hits(record: ClientRecord, hits: Sequence[Hit], now_ms: float) -> ClientRecord:
    """The record after these requests, all counted at ``now_ms``; a clock that fell back stands still."""
    now_ms = max(now_ms, record.last_ms)
    buckets, marks = _rolled(record, now_ms), record.marks
    rhythm = (
        record.previous_ms,
        record.interval_mean_ms,
        record.interval_deviation_ms,
        record.interval_count,
    )
    for hit in hits:
        if hit.request_mark != _NO_MARK:
            if _is_recent(marks, hit.request_mark):
                continue
            marks = hit.request_mark + marks[:-MARK_BYTES]
        for group in range(len(GROUPS)):
            if hit.groups >> group & 1:
                _bump(buckets, group)
        if hit.rhythm:
            rhythm = _next_rhythm(*rhythm, now_ms - hit.age_ms)
    return replace(
        record,
        last_ms=now_ms,
        previous_ms=rhythm[0],
        interval_mean_ms=rhythm[1],
        interval_deviation_ms=rhythm[2],
        interval_count=rhythm[3],
        marks=marks,
        buckets=tuple(buckets),
    )


def _rolled(record: ClientRecord, now_ms: float) -> list[int]:
    buckets = list(record.buckets)
    for window, length in enumerate(_WINDOWS_MS):
        passed = now_ms // length - record.last_ms // length
        if passed == 0:
            continue
        for slot in range(2 * window, len(buckets), 2 * len(_WINDOWS_MS)):
            buckets[slot + 1] = buckets[slot] if passed == 1 else 0
            buckets[slot] = 0
    return buckets


def _bump(buckets: list[int], group: int) -> None:
    first = 2 * group * len(_WINDOWS_MS)
    for slot in range(first, first + 2 * len(_WINDOWS_MS), 2):
        buckets[slot] = min(buckets[slot] + 1, COUNTER_LIMIT)


def _is_recent(marks: bytes, mark: bytes) -> bool:
    return any(marks[place : place + MARK_BYTES] == mark for place in range(0, len(marks), MARK_BYTES))


def _next_rhythm(
    previous_ms: float, mean: float, deviation: float, count: int, arrival_ms: float
) -> tuple[float, float, float, int]:
    interval = max(arrival_ms - previous_ms, 0.0)
    if previous_ms == 0.0 or interval > INTERVAL_LIMIT_MS:
        return arrival_ms, 0.0, 0.0, 0
    if count == 0:
        return arrival_ms, interval, interval / 2, 1
    deviation += SMOOTHING * (abs(interval - mean) - deviation)
    mean += SMOOTHING * (interval - mean)
    return max(arrival_ms, previous_ms), mean, deviation, min(count + 1, COUNTER_LIMIT)
