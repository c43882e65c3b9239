"""A hit: what one request, or the answer to it, adds to a record."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntFlag
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from decider.core.policy import RouteClass
from decider.core.record_layout import (
    CACHED_COMBINATIONS,
    COUNTER_LIMIT,
    GROUP_OF_CLASS,
    HIT_LAYOUT,
    MARK_BYTES,
    NOTHING_SEEN,
    SKETCH_BITS,
    Group,
    Sketch,
    slots_of_groups,
)

NO_MARK = bytes(MARK_BYTES)
NO_SEEN = (NOTHING_SEEN,) * len(Sketch)


class HitFlag(IntFlag):
    """What else a hit does to the record."""

    RHYTHM = 1  # its arrival counts for the rhythm
    ACTIVITY = 2  # the client itself was active in this hour
    PROBE = 4  # an unmistakable probe: remembered with its time
    OUTCOME = 8  # a good outcome (order paid, login succeeded): remembered with its time


_OUTCOME = int(HitFlag.OUTCOME)  # a plain number: an enum's own "and" takes ten times as long


class Hit(NamedTuple):
    """``groups`` is a bit set of Group, ``seen`` the bit for each sketch (or NOTHING_SEEN), ``age_ms`` how
    long ago it arrived, ``request_mark`` what tells a repeat (zero bytes: never taken for one).

    A tuple, because one is made for each request.
    """

    groups: int
    flags: int = int(HitFlag.RHYTHM | HitFlag.ACTIVITY)
    age_ms: int = 0
    request_mark: bytes = NO_MARK
    seen: tuple[int, ...] = NO_SEEN

    @property
    def changes(self) -> bool:
        """Whether it does anything to the record; else the record is only read."""
        return bool(self.groups or self.flags or self.seen != NO_SEEN)

    @property
    def is_outcome(self) -> bool:
        """Whether it tells of a good outcome."""
        return bool(self.flags & _OUTCOME)

    def pack(self) -> bytes:
        """What the script reads: mark, age in ms, flags, a byte for each sketch, the slots; empty to read."""
        mark, rest = self.request_mark, _packed_without_mark(self.groups, self.flags, self.age_ms, self.seen)
        return mark + rest if rest else b""


@lru_cache(maxsize=CACHED_COMBINATIONS)
def _packed_without_mark(groups: int, flags: int, age_ms: int, seen: tuple[int, ...]) -> bytes:
    """Remembered: a site has hundreds of kinds of requests, and an attack few."""
    if not Hit(groups, flags, seen=seen).changes:
        return b""
    slots = slots_of_groups(groups)
    return HIT_LAYOUT.pack(NO_MARK, min(age_ms, COUNTER_LIMIT), flags, *seen, len(slots))[MARK_BYTES:] + slots


def bits(groups: Iterable[Group]) -> int:
    """The bit set of some groups."""
    return sum(1 << group for group in groups)


def sketch_bit(text: str) -> int:
    """The bit that stands for a text in a sketch."""
    return crc32(text.encode("utf-8", "replace")) % SKETCH_BITS


def mark_of(request_id: str) -> bytes:
    """Four bytes for a request id; zero bytes for none."""
    return crc32(request_id.encode("utf-8", "replace")).to_bytes(MARK_BYTES, "big") if request_id else NO_MARK


def hit_for(route_class: RouteClass, request_id: str = "", age_ms: int = 0) -> Hit:
    """The plain hit of a request of one class."""
    is_asset = route_class is RouteClass.ASSET
    flags = HitFlag.ACTIVITY if is_asset else HitFlag.RHYTHM | HitFlag.ACTIVITY
    return Hit(1 << GROUP_OF_CLASS[route_class], int(flags), age_ms, mark_of(request_id))
