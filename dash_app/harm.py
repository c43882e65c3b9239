"""Likely harm: blocked requests of clients that had got what they came for within a day before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash_app.rows import TrafficRow
from dash_app.texts import share

WORTH_A_LOOK = 0.01  # of all blocked requests: beyond one in a hundred, people are among the blocked
FULL_SCALE = 0.05  # of all blocked requests, where the meter ends: by then a person has long looked
MEANING = (
    "A good outcome is what the policy calls one (an order, a sign-in). A bot that bought something before "
    "it was found out counts, too: look at who it was before you unban."
)


@dataclass(frozen=True, slots=True)
class Harm:
    """Requests: ``likely`` are those of ``blocked`` whose client had a good outcome within 24 hours."""

    likely: int
    blocked: int

    @property
    def share(self) -> float:
        """Likely harm of all blocked requests, 0..1."""
        return min(1.0, self.likely / self.blocked) if self.blocked else 0.0

    @property
    def is_worth_a_look(self) -> bool:
        """Whether an operator should look who was blocked."""
        return self.share >= WORTH_A_LOOK

    @property
    def on_scale(self) -> float:
        """Where the meter stands, 0..1."""
        return min(1.0, self.share / FULL_SCALE)


def harm(rows: Sequence[TrafficRow]) -> Harm:
    """Over these rows."""
    return Harm(sum(row.likely_harm for row in rows), sum(row.blocked for row in rows))


def harm_text(told: Harm) -> str:
    """The meter in words."""
    if not told.blocked:
        return "Nothing was blocked, so nobody was harmed by it."
    whose = "of clients that had a good outcome within the 24 hours before"
    if not told.likely:
        return f"0 of {told.blocked:,} blocked requests were {whose}."
    asks = " Look at the offenders, and unban who was blocked by mistake." if told.is_worth_a_look else ""
    return f"{told.likely:,} of {told.blocked:,} blocked requests ({share(told.share)}) were {whose}.{asks}"
