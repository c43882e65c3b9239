"""How many decisions may be under way at once in one worker: as many as are answered in time.

What is over it would wait longer than Nginx does, and three such waits open Nginx's breaker for everyone. How
many that are depends on what the machine has left for the worker and for Redis, so the limit is found: halved
by a decision that took too long, and raised again, slowly, by those that did not (additive increase,
multiplicative decrease, as TCP finds its window).
"""

from __future__ import annotations

MOST_UNDER_WAY = (
    128  # some 10 ms of work on a core of its own; Nginx sends no more (addresses.conf: max_conns)
)
LEAST_UNDER_WAY = 16  # one trip to Redis
LONGEST_SECONDS = (
    0.040  # twice the budget for Redis; Nginx waits 150 ms, of which a busy machine takes its part
)


class Admission:
    """Moments are in seconds of one steady clock."""

    def __init__(self) -> None:
        self._under_way: dict[int, float] = {}  # when each was asked for, oldest first
        self._asked = 0
        self._limit = float(MOST_UNDER_WAY)
        self._lowered_at = 0.0

    @property
    def limit(self) -> int:
        """How many are admitted at once now."""
        return int(self._limit)

    def begin(self, now: float) -> int:
        """One more is asked for; returns its number, for ``end``."""
        self._asked += 1
        self._under_way[self._asked] = now
        return self._asked

    def is_crowded(self, now: float) -> bool:
        """Whether the one that just began would wait too long: behind too many, or behind a late one."""
        oldest = next(iter(self._under_way.values()))
        if now - oldest > LONGEST_SECONDS:
            self._was_late(oldest, now)
            return True
        return len(self._under_way) > self._limit

    def end(self, number: int, now: float, was_decided: bool) -> None:
        """It is answered. What was not decided teaches nothing."""
        began = self._under_way.pop(number)
        if now - began > LONGEST_SECONDS:
            self._was_late(began, now)
        elif was_decided and self._limit < MOST_UNDER_WAY:
            self._limit = min(self._limit + 1 / self._limit, MOST_UNDER_WAY)

    def _was_late(self, began: float, now: float) -> None:
        if (
            began >= self._lowered_at
        ):  # those that began before the limit was lowered are late for the same reason
            self._limit = max(self._limit / 2, LEAST_UNDER_WAY)
            self._lowered_at = now
