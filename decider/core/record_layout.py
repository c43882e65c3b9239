"""The fixed layout of a client record: which groups are counted over which windows, and where each lies.

A group is a kind of request or of answer; a hit may belong to several. Every group has two unsigned shorts
(running, previous bucket) for each of its windows, every sketch two bitmaps of 32 bits. The whole record has
249 bytes, so that with its key it stays within 400 bytes of Redis (an allocation of 256 for the value).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from struct import Struct

from decider.core.policy import RouteClass

MINUTE, TEN_MINUTES, HOUR, DAY = 60, 600, 3_600, 86_400  # seconds


class Group(IntEnum):
    """What is counted; the number is the bit in a hit."""

    ASSET = 0
    PAGE = 1
    API = 2
    SENSITIVE = 3
    WRITE = 4  # requests that ask for a change: POST, PUT, PATCH, DELETE
    LOGIN = 5  # writes to a login
    BARE = 6  # pages and writes asked for without coming from a page of this site
    GUIDED = 7  # requests that a page of this site led to: links followed, assets loaded
    PROBE = 8  # doubtful probes
    MISSING = 9  # answered 404 or 410
    REFUSED = 10  # answered 400, 401, 403, 405 and other refusals of the site itself
    SERVED = 11  # answered 2xx or 3xx
    RENDERED = 12  # parts of a page, led to by one of this site or by none named: a browser draws what it got


WINDOWS_OF_GROUP: dict[Group, tuple[int, ...]] = {
    Group.ASSET: (1, 10, MINUTE),
    Group.PAGE: (1, 10, MINUTE, TEN_MINUTES, HOUR),
    Group.API: (1, 10, MINUTE, TEN_MINUTES, HOUR),
    Group.SENSITIVE: (1, 10, MINUTE, TEN_MINUTES, HOUR),
    Group.WRITE: (MINUTE, HOUR, DAY),
    Group.LOGIN: (TEN_MINUTES, HOUR, DAY),
    Group.BARE: (HOUR, DAY),
    Group.GUIDED: (HOUR, DAY),
    Group.PROBE: (HOUR, DAY),
    Group.MISSING: (MINUTE, HOUR, DAY),
    Group.REFUSED: (HOUR, DAY),
    Group.SERVED: (DAY,),
    Group.RENDERED: (DAY,),
}
GROUP_OF_CLASS = {
    RouteClass.ASSET: Group.ASSET,
    RouteClass.PAGE: Group.PAGE,
    RouteClass.API: Group.API,
    RouteClass.SENSITIVE: Group.SENSITIVE,
}


class Sketch(IntEnum):
    """Which different things were seen: a bitmap for linear counting, the number is the place in a hit."""

    ROUTES = 0  # path templates asked for
    MISSES = 1  # paths answered 404
    AGENTS = 2  # user agents
    SESSIONS = 3  # sessions


WINDOW_OF_SKETCH = {
    Sketch.ROUTES: HOUR,
    Sketch.MISSES: DAY,
    Sketch.AGENTS: HOUR,
    Sketch.SESSIONS: TEN_MINUTES,
}
SKETCH_BITS = 32
NOTHING_SEEN = 255  # in a hit: nothing for this sketch

MARK_BYTES = 4
RECENT_MARKS = 4  # an internal redirect repeats its id within milliseconds, few requests later
COUNTER_LIMIT = 65_535  # a counter is an unsigned short and stays at its limit
RECORD_VERSION = 3
CACHED_COMBINATIONS = 1_024  # sets of groups that a hit can have; a few dozen occur

# by window first: all counters whose buckets turn together lie side by side
_COUNTER_WINDOWS = sorted(
    ((group, seconds) for group in Group for seconds in WINDOWS_OF_GROUP[group]),
    key=lambda counter: (counter[1], counter[0]),
)
COUNTERS = len(_COUNTER_WINDOWS)
BUCKETS = 2 * (COUNTERS + len(Sketch))
FIXED_LAYOUT = (
    f"<BdIIBBIdffH{RECENT_MARKS * MARK_BYTES}sIII"  # version, then client_record.ClientRecord's fields
)
LAYOUT = Struct(f"{FIXED_LAYOUT}{2 * COUNTERS}H{2 * len(Sketch)}I")
HIT_LAYOUT = Struct(f"<{MARK_BYTES}sHB{len(Sketch)}BB")  # and then the slots to count in, a byte each

SLOT_OF_COUNTER = {key: 2 * place for place, key in enumerate(_COUNTER_WINDOWS)}
SLOT_OF_SKETCH = {sketch: 2 * (COUNTERS + sketch) for sketch in Sketch}


@lru_cache(maxsize=CACHED_COMBINATIONS)
def slots_of_groups(groups: int) -> bytes:
    """The slots that count a hit of these groups (a bit set), a byte each."""
    return bytes(
        SLOT_OF_COUNTER[group, seconds]
        for group in Group
        if groups >> group & 1
        for seconds in WINDOWS_OF_GROUP[group]
    )


@dataclass(frozen=True, slots=True)
class WindowSlots:
    """All slots whose buckets turn together; those of counters lie side by side."""

    length_ms: int
    counter_slots: tuple[int, ...]
    slots: tuple[int, ...]


def _window_slots(seconds: int) -> WindowSlots:
    counters = tuple(slot for (_, window), slot in SLOT_OF_COUNTER.items() if window == seconds)
    sketches = (SLOT_OF_SKETCH[one] for one in Sketch if WINDOW_OF_SKETCH[one] == seconds)
    return WindowSlots(1000 * seconds, counters, (*counters, *sketches))


WINDOWS_SECONDS = tuple(sorted({window for _, window in _COUNTER_WINDOWS}))
WINDOWS = tuple(_window_slots(seconds) for seconds in WINDOWS_SECONDS)
