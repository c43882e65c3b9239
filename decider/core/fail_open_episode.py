"""Fail-open episodes: from the first request that was let through undecided until ten quiet seconds.

second   100  101  102 ... 111  112
let thru   3   40    0       0    0
event    started(3)            ended(43)      101 was the last one, 111 the tenth quiet second
"""

from __future__ import annotations

from collections.abc import Iterable

from decider.core.security_event import EventKind, SecurityEvent

QUIET_SECONDS = 10  # shorter than that, a decider that restarts would make an episode of every hiccup


class FailOpenEpisodes:
    """Fed with the seconds that are over; gives the events that follow."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._last = 0
        self.count = 0

    @property
    def running(self) -> bool:
        """Whether requests pass undecided, as of the last second told."""
        return self.count > 0

    def advance(self, over: Iterable[tuple[int, int]], second: int) -> list[SecurityEvent]:
        """``over``: (second, requests let through), oldest first, of the seconds before ``second``."""
        events = []
        for one, count in over:
            if count:
                events += self._end_if_quiet(one)
                if not self.running:
                    events.append(self._event(EventKind.FAIL_OPEN_STARTED, one, count))
                self.count += count
                self._last = one
        return events + self._end_if_quiet(second)

    def end(self, second: int) -> list[SecurityEvent]:
        """The recorder stops: an episode that runs ends here as far as anybody can tell."""
        if not self.running:
            return []
        event = self._event(EventKind.FAIL_OPEN_ENDED, second, self.count)
        self.count = 0
        return [event]

    def _end_if_quiet(self, second: int) -> list[SecurityEvent]:
        return self.end(second) if second > self._last + QUIET_SECONDS else []

    def _event(self, kind: EventKind, second: int, count: int) -> SecurityEvent:
        return SecurityEvent(kind=kind, ts=float(second), node=self._node, actor="recorder", count=count)
