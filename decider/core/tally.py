"""What a record says at one moment: requests in a window, how many different things, how regular."""

from __future__ import annotations

from math import log

from decider.core.client_record import ClientRecord, rolled_hours
from decider.core.policy import RouteClass
from decider.core.record_layout import (
    GROUP_OF_CLASS,
    SKETCH_BITS,
    SLOT_OF_COUNTER,
    SLOT_OF_SKETCH,
    WINDOW_OF_SKETCH,
    WINDOWS_OF_GROUP,
    Group,
    Sketch,
)

# linear counting: n = -m ln(empty / m); a full bitmap reads as one bit empty, about 110
DISTINCT = tuple(
    -SKETCH_BITS * log(max(SKETCH_BITS - set_bits, 1) / SKETCH_BITS) for set_bits in range(SKETCH_BITS + 1)
)

_GROUP_OF: dict[Group | RouteClass, Group] = {group: group for group in Group}
_GROUP_OF.update(GROUP_OF_CLASS.items())
_SLOT_OF = {
    (name, seconds): SLOT_OF_COUNTER[group, seconds]
    for name, group in _GROUP_OF.items()
    for seconds in WINDOWS_OF_GROUP[group]
}
_LONGEST_SLOT_OF = {
    name: SLOT_OF_COUNTER[group, max(WINDOWS_OF_GROUP[group])] for name, group in _GROUP_OF.items()
}


def longest_slot(group: Group | RouteClass) -> int:
    """Where the running bucket of a group's longest window lies; the previous one follows it."""
    return _LONGEST_SLOT_OF[group]


class Tally:
    """``record`` as it was after its last hit, ``now_ms`` the store's clock."""

    __slots__ = ("now_ms", "record")

    def __init__(self, record: ClientRecord, now_ms: float) -> None:
        self.record = record
        self.now_ms = now_ms

    def over(self, group: Group | RouteClass, window_seconds: int) -> float:
        """Hits of a group in the sliding window that ends now; 0 for a window the group does not keep."""
        slot = _SLOT_OF.get((group, window_seconds))
        if slot is None:
            return 0.0
        buckets = self.record.buckets
        running, previous = buckets[slot], buckets[slot + 1]
        if not running and not previous:
            return 0.0
        window_ms = 1000 * window_seconds
        now, last = self.now_ms // window_ms, self.record.last_ms // window_ms
        if now > last:
            running, previous = 0, running if now == last + 1 else 0
        return running + previous * (1.0 - self.now_ms % window_ms / window_ms)

    def most(self, group: Group | RouteClass) -> int:
        """No window of the group holds more: what its longest one holds, the part that has slid out included.

        Cheap: signals ask this first, and most clients are too quiet for anything else.
        """
        slot = _LONGEST_SLOT_OF[group]
        buckets = self.record.buckets
        return buckets[slot] + buckets[slot + 1]

    def distinct(self, sketch: Sketch) -> float:
        """About how many different things were seen in this and the last bucket of the sketch's window."""
        slot = SLOT_OF_SKETCH[sketch]
        running, previous = self.record.buckets[slot : slot + 2]
        window_ms = 1000 * WINDOW_OF_SKETCH[sketch]
        passed = self.now_ms // window_ms - self.record.last_ms // window_ms
        if passed:
            running, previous = 0, running if passed == 1 else 0
        return DISTINCT[(running | previous).bit_count()]

    def most_distinct(self, sketch: Sketch) -> int:
        """Bits set in a sketch, whatever has slid out included: a cheap first question."""
        slot = SLOT_OF_SKETCH[sketch]
        running, previous = self.record.buckets[slot : slot + 2]
        return (running | previous).bit_count()

    @property
    def active_hours(self) -> int:
        """In how many of the last 24 clock hours the client was active."""
        return rolled_hours(self.record.active_hours, self.record.last_ms, self.now_ms).bit_count()

    def seconds_since(self, moment_seconds: int) -> float:
        """Age of a moment of the record (probe, good outcome); infinite when there was none."""
        return self.now_ms / 1000 - moment_seconds if moment_seconds else float("inf")

    @property
    def variation(self) -> float:
        """Mean deviation of the intervals as a part of their mean: near 0 for a machine, 0.7 for a person."""
        mean = self.record.interval_mean_ms
        return self.record.interval_deviation_ms / mean if mean > 0.0 else 1.0
