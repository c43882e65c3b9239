"""Which traffic a range is read from: seconds, minutes or hours, its newest part from what is finer. Pure.

Rollups cannot be read in part, so a range is rounded outwards to whole minutes or hours. The running hour is
not rolled up to its end yet: its minutes are read instead, and the seconds of its running minute.

    10:35:30, the last 7 days:  traffic_hour until 10:00, traffic_minute until 10:35, traffic until now
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import ceil

HOUR_SECONDS, DAY_SECONDS = 3_600, 86_400
ROLLED_UP_AFTER_SECONDS = 30  # a second is written within 3, the recorder rolls up every 10


class Grain(Enum):
    """The collection and the seconds of one document."""

    SECOND = ("traffic", 1)
    MINUTE = ("traffic_minute", 60)
    HOUR = ("traffic_hour", 3_600)

    @property
    def collection(self) -> str:
        """Its name in MongoDB."""
        return self.value[0]

    def floor(self, moment: float) -> int:
        """Start of the document that holds this moment."""
        return int(moment // self.value[1]) * self.value[1]

    def ceil(self, moment: float) -> int:
        """End of the last document of a range that ends at this moment."""
        return ceil(moment / self.value[1]) * self.value[1]


#: The longest range that is read in this grain: 3,600 and 2,880 documents a node.
LONGEST_SECONDS = {Grain.SECOND: HOUR_SECONDS, Grain.MINUTE: 2 * DAY_SECONDS}
#: With the default retention its documents are there that long.
OLDEST_SECONDS = {Grain.SECOND: 2 * DAY_SECONDS, Grain.MINUTE: 8 * DAY_SECONDS}

#: Where a range of a grain is read from, before its newest seconds.
ROLLED_UP = {Grain.SECOND: (), Grain.MINUTE: (Grain.MINUTE,), Grain.HOUR: (Grain.HOUR, Grain.MINUTE)}


@dataclass(frozen=True, slots=True)
class Piece:
    """Documents of one grain with ``start <= ts < end`` (epoch seconds)."""

    grain: Grain
    start: float
    end: float


def grain_of(start: float, end: float, now: float) -> Grain:
    """The finest that is quick to read and still there."""
    for grain, longest in LONGEST_SECONDS.items():
        if end - start <= longest and now - start <= OLDEST_SECONDS[grain]:
            return grain
    return Grain.HOUR


def pieces(start: float, end: float, now: float, coarsest: Grain | None = None) -> list[Piece]:
    """What to read for a range, oldest first; no second is in two of them. ``coarsest``: ``grain_of`` it."""
    coarsest, found = coarsest or grain_of(start, end, now), list[Piece]()
    begin = start if coarsest is Grain.SECOND else float(coarsest.floor(start))
    for grain in ROLLED_UP[coarsest]:
        upper = min(grain.ceil(end), grain.floor(now - ROLLED_UP_AFTER_SECONDS))
        if upper > begin:
            found.append(Piece(grain, begin, upper))
            begin = upper
    return [*found, Piece(Grain.SECOND, begin, end)] if begin < end else found
