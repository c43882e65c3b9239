"""Clients of a long range, grouped from its newest events back to its start over as many looks as that takes.

A month of a busy site takes seconds to group, and a page is to be there within one. So a walk is kept: each
look goes on where the last one stopped, and reads anew only the head of the range, where events still arrive.

        start            reached                 settled        end
    ------|-- not yet ------|===== grouped ========|~~ head ~~~~~|
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dash_app.event_reader import FIRST_WINDOW_SECONDS, next_window
from dash_app.rows import EventRow

LATE_SECONDS = 900.0  # a recorder that catches up writes events that are this old
LONGEST_HEAD_SECONDS = 4 * LATE_SECONDS  # nobody looked for so long: walk anew
DRIFT = 0.01  # of a range that ends now: its start moves on, and what is grouped cannot be taken out again
LEAST_WINDOW_SHARE = 0.1  # of the window before: with less patience left than that takes, it is enough

#: (from, to, whether the end belongs to it), in epoch seconds -> one group a client
GroupBetween = Callable[[float, float, bool], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Offender:
    """One client in a range; ``first`` and ``last`` in epoch seconds, ``latest`` its newest ban event."""

    client: str
    country: str
    asn: int
    score: float
    events: int
    bans: int
    first: float
    last: float
    latest: EventRow | None = None


@dataclass(slots=True)
class Walk:
    """Moments in epoch seconds; ``window`` is how many seconds the next step back takes."""

    start: float
    settled: float
    reached: float
    window: float = FIRST_WINDOW_SECONDS
    groups: dict[str, Offender] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether all of its range is grouped."""
        return self.reached <= self.start

    def still_fits(self, start: float, end: float) -> bool:
        """Whether it can answer for a range that has moved on since."""
        moved = start - self.start
        return 0 <= moved <= DRIFT * (end - start) and end - self.settled <= LONGEST_HEAD_SECONDS

    def advance(self, group: GroupBetween, clock: Callable[[], float], patience_seconds: float) -> None:
        """Go back until the start or until the patience is used up."""
        began = clock()
        while not self.is_complete:
            lower, asked = max(self.start, self.reached - self.window), clock()
            add_all(self.groups, group(lower, self.reached, False))
            self.reached = lower
            now = clock()
            fitting = fitting_window(self.window, now - asked, began + patience_seconds - now)
            if fitting < LEAST_WINDOW_SHARE * self.window:
                break
            self.window = fitting

    def settle(self, group: GroupBetween, end: float) -> None:
        """Take into the groups what is too old to change, so that the head stays short."""
        if end - self.settled > 2 * LATE_SECONDS:
            add_all(self.groups, group(self.settled, end - LATE_SECONDS, False))
            self.settled = end - LATE_SECONDS


def new_walk(start: float, end: float) -> Walk:
    """One that has grouped nothing yet."""
    settled = max(start, end - LATE_SECONDS)
    return Walk(start, settled, settled)


def fitting_window(window: float, took_seconds: float, left_seconds: float) -> float:
    """How long the next window is (seconds), so that it is read within what is left of the patience.

    It is taken to be as busy as the one before.
    """
    grown = next_window(window, took_seconds)
    if took_seconds <= 0:
        return grown if left_seconds > 0 else 0.0
    return max(0.0, min(grown, window * left_seconds / took_seconds))


def add_all(groups: dict[str, Offender], found: list[dict[str, Any]]) -> None:
    """Take the groups of an aggregation in."""
    for group in found:
        client = str(group["_id"] or "")
        if not client:
            continue
        new = Offender(
            client,
            str(group["country"] or ""),
            int(group["asn"] or 0),
            float(group["score"] or 0.0),
            int(group["events"]),
            int(group["bans"]),
            group["first"].timestamp(),
            group["last"].timestamp(),
        )
        old = groups.get(client)
        groups[client] = new if old is None else _merged(old, new)


def _merged(old: Offender, new: Offender) -> Offender:
    return Offender(  # not by replace(), which takes three times as long: a month has a million of them
        old.client,
        old.country or new.country,
        old.asn or new.asn,
        max(old.score, new.score),
        old.events + new.events,
        old.bans + new.bans,
        min(old.first, new.first),
        max(old.last, new.last),
    )
