"""Which subnets are worth a record: those that ask for more than a few pages a minute.

Nearly every subnet is quiet, and a record for each would double what a decision costs. A small table of
counters by hash tells which are not; two subnets that share a counter only get their records earlier.
"""

from __future__ import annotations

COUNTERS = 65_536  # bytes; more subnets than a worker meets in a minute, so that few share a counter
BUSY_PER_MINUTE = 30  # pages a worker sees; far below what the signal subnet_pressure starts at
WINDOW_SECONDS = 60


class BusySubnets:
    """Counts pages by subnet, minute by minute."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts = bytearray(COUNTERS)

    def is_busy(self, subnet: str, now_seconds: float) -> bool:
        """Count one page of a subnet; whether it has asked for many in this minute."""
        minute = int(now_seconds // WINDOW_SECONDS)
        if minute != self._minute:
            self._minute, self._counts = minute, bytearray(COUNTERS)
        place = hash(subnet) % COUNTERS
        if self._counts[place] >= BUSY_PER_MINUTE:
            return True
        self._counts[place] += 1
        return False
