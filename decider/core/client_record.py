"""What is remembered of one client, and how a hit changes it: the algorithm, without store or clock.

A record is a fixed-layout byte string (``record_layout``, little endian), the same in Redis and in the
worker's own memory; ``stores/count_requests.lua`` does to it exactly what ``count_hits`` does here, and one
contract suite holds both to it. Subnets, sessions and logins that share a fingerprint have records of the
same kind.

Sliding windows are two-bucket approximations (Cloudflare, "How we built rate limiting capable of scaling
to millions of domains"): the running bucket plus the part of the previous one that the window still covers.
One common ``last_ms`` tells for every window whether its bucket still runs, so a counter is two shorts.

    windows of 10 s, 7 requests in the bucket 10..20, 3 so far in 20..30, asked at 24 s:
    3 + 7 x (1 - 4/10) = 7.2 requests in the last 10 s

Rhythm follows the intervals between requests (assets left out) as TCP follows round trips
(RFC 6298): smoothed mean and mean deviation. A machine's deviation is a small part of its mean.

A sketch counts different things by linear counting (Whang et al., 1990): each sets one of 32 bits, and the
number of bits left empty tells how many there were. ``active_hours`` has one bit an hour of the last 24.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import NamedTuple

from decider.core.hit import NO_MARK, NO_SEEN, Hit, HitFlag
from decider.core.record_layout import (
    BUCKETS,
    COUNTER_LIMIT,
    DAY,
    HOUR,
    LAYOUT,
    MARK_BYTES,
    NOTHING_SEEN,
    RECENT_MARKS,
    RECORD_VERSION,
    SLOT_OF_COUNTER,
    SLOT_OF_SKETCH,
    WINDOWS,
    Group,
    Sketch,
    slots_of_groups,
)

SMOOTHING = 1 / 8  # RFC 6298's alpha, used for mean and deviation alike
INTERVAL_LIMIT_MS = 3_600_000.0  # an hour's silence is a new visit, not a slow rhythm
RECORD_TTL_SECONDS = 2 * HOUR  # after two hours of silence every window but the day's reads zero
SUSPECT_TTL_SECONDS = DAY  # a record with day-long memories of something lives as long as they do
MEMORABLE_COUNT = 3  # of a group's day: one 404 or one wrong password is no memory worth a day
HOUR_MS = 3_600_000
HOURS_A_DAY = 24
_HOURS_MASK = (1 << HOURS_A_DAY) - 1
MEMORABLE_SLOTS = tuple(
    SLOT_OF_COUNTER[group, DAY]
    for group in (Group.LOGIN, Group.PROBE, Group.MISSING, Group.REFUSED, Group.WRITE)
)
# plain numbers: an enum's own "and" takes ten times as long
_RHYTHM, _ACTIVITY = int(HitFlag.RHYTHM), int(HitFlag.ACTIVITY)
_PROBE, _OUTCOME = int(HitFlag.PROBE), int(HitFlag.OUTCOME)
_SINGLES = Struct("<ff")
_SKETCH_SLOTS = tuple(SLOT_OF_SKETCH[sketch] for sketch in Sketch)


class ClientRecord(NamedTuple):
    """A decoded record. ``buckets`` holds (running, previous) for each counter, then for each sketch."""

    last_ms: float = 0.0
    ban_until: int = 0
    ban_seconds: int = 0
    ban_count: int = 0
    ban_enforced: int = 0
    hold_until: int = 0
    previous_ms: float = 0.0
    interval_mean_ms: float = 0.0
    interval_deviation_ms: float = 0.0
    interval_count: int = 0
    marks: bytes = bytes(RECENT_MARKS * MARK_BYTES)
    probe_at: int = 0
    outcome_at: int = 0
    active_hours: int = 0
    buckets: tuple[int, ...] = (0,) * BUCKETS

    def encode(self) -> bytes:
        """The stored form."""
        return LAYOUT.pack(RECORD_VERSION, *self[:-1], *self.buckets)

    @property
    def ttl_seconds(self) -> int:
        """How long a store keeps the record after its last hit, ban and hold aside."""
        buckets = self.buckets
        memorable = (
            self.probe_at
            or self.outcome_at
            or any(
                buckets[slot] >= MEMORABLE_COUNT or buckets[slot + 1] >= MEMORABLE_COUNT
                for slot in MEMORABLE_SLOTS
            )
        )
        return SUSPECT_TTL_SECONDS if memorable else RECORD_TTL_SECONDS


_NEW = ClientRecord()
_HEAD_FIELDS = len(_NEW)  # version, then every field but the buckets


def decode(packed: bytes | None) -> ClientRecord:
    """Read a stored record; none, or one of another version, is a new client."""
    if packed is None or len(packed) != LAYOUT.size or packed[0] != RECORD_VERSION:
        return _NEW
    values = LAYOUT.unpack(packed)
    return ClientRecord._make((*values[1:_HEAD_FIELDS], values[_HEAD_FIELDS:]))


def count_hits(record: ClientRecord, hits: Sequence[Hit], now_ms: float) -> ClientRecord:
    """The record after these hits, all counted at ``now_ms``; a clock that fell back stands still.

    Only hits that change nothing: the record as it was.
    """
    if not (hits[0].changes if len(hits) == 1 else any(hit.changes for hit in hits)):
        return record
    now_ms = max(now_ms, record.last_ms)
    buckets = _rolled(record.buckets, record.last_ms, now_ms)
    hours = rolled_hours(record.active_hours, record.last_ms, now_ms)
    marks, probe, outcome = record.marks, record.probe_at, record.outcome_at
    rhythm = (
        record.previous_ms,
        record.interval_mean_ms,
        record.interval_deviation_ms,
        record.interval_count,
    )
    for hit in hits:
        if hit.request_mark != NO_MARK:
            if _is_recent(marks, hit.request_mark):
                continue
            marks = hit.request_mark + marks[:-MARK_BYTES]
        for slot in slots_of_groups(hit.groups):
            if buckets[slot] < COUNTER_LIMIT:
                buckets[slot] += 1
        if hit.seen != NO_SEEN:
            _note_seen(buckets, hit.seen)
        flags = hit.flags
        if flags & _ACTIVITY:
            hours |= 1 << int(now_ms // HOUR_MS % HOURS_A_DAY)
        if flags & _PROBE:
            probe = int(now_ms // 1000)
        if flags & _OUTCOME:
            outcome = int(now_ms // 1000)
        if flags & _RHYTHM:
            rhythm = _next_rhythm(*rhythm, now_ms - hit.age_ms)
    return ClientRecord(  # by position: _replace goes through names
        now_ms,
        record.ban_until,
        record.ban_seconds,
        record.ban_count,
        record.ban_enforced,
        record.hold_until,
        *rhythm,
        marks,
        probe,
        outcome,
        hours,
        tuple(buckets),
    )


def _note_seen(buckets: list[int], seen: Sequence[int]) -> None:
    for slot, bit in zip(_SKETCH_SLOTS, seen, strict=True):
        if bit != NOTHING_SEEN:
            buckets[slot] |= 1 << bit


def _rolled(before: tuple[int, ...], last_ms: float, now_ms: float) -> list[int]:
    buckets = list(before)
    for window in WINDOWS:
        length = window.length_ms
        passed = now_ms // length - last_ms // length
        if passed == 0:
            break  # a longer window's bucket turns only together with every shorter one
        for slot in window.slots:
            buckets[slot + 1] = buckets[slot] if passed == 1 else 0
            buckets[slot] = 0
    return buckets


def rolled_hours(hours: int, last_ms: float, now_ms: float) -> int:
    """The bits of the hours, without those that have passed since."""
    last, now = int(last_ms // HOUR_MS), int(now_ms // HOUR_MS)
    if now == last:
        return hours
    if now - last >= HOURS_A_DAY:
        return 0
    for hour in range(last + 1, now + 1):
        hours &= _HOURS_MASK ^ 1 << hour % HOURS_A_DAY
    return hours


def _is_recent(marks: bytes, mark: bytes) -> bool:
    return any(marks[place : place + MARK_BYTES] == mark for place in range(0, len(marks), MARK_BYTES))


def _next_rhythm(
    previous_ms: float, mean: float, deviation: float, count: int, arrival_ms: float
) -> tuple[float, float, float, int]:
    interval = max(arrival_ms - previous_ms, 0.0)
    if previous_ms == 0.0 or interval > INTERVAL_LIMIT_MS:
        return arrival_ms, 0.0, 0.0, 0
    if count == 0:
        return arrival_ms, *_stored(interval, interval / 2), 1
    deviation += SMOOTHING * (abs(interval - mean) - deviation)
    mean += SMOOTHING * (interval - mean)
    return max(arrival_ms, previous_ms), *_stored(mean, deviation), min(count + 1, COUNTER_LIMIT)


def _stored(mean: float, deviation: float) -> tuple[float, float]:
    """As a record keeps them, in single precision: what is not stored between two hits must not differ."""
    return _SINGLES.unpack(_SINGLES.pack(mean, deviation))
