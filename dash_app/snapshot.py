"""One look at the database that all tiles of the overview are drawn from, so that they never disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dash_app.attacks import Attack, attacks
from dash_app.ban_counts import COUNTED_KINDS, BanCounts, count_bans
from dash_app.event_filter import EventFilter
from dash_app.places import Place, places
from dash_app.ranges import Range
from dash_app.rows import EventRow, RecorderRow, TrafficRow
from dash_app.savings import Savings
from dash_app.sparklines import blocked_line, requests_line, saved_line, share_line, steps
from dash_app.top_lists import TopList, blocked_by_field, top_lists
from dash_app.traffic_filter import Narrowed, kept
from decider.core.security_event import EventKind

RATE_SECONDS = 10  # requests a second are averaged over this long: steady to read, quick to move
STALE_SECONDS = 10.0  # a recorder writes its status every two seconds


@dataclass(frozen=True, slots=True)
class Totals:
    """What a range came to; ``saved_usd`` is of all traffic where a filter's cannot be told."""

    requests: int
    blocked: int
    saved_usd: float

    @property
    def blocked_share(self) -> float:
        """Blocked of all guarded requests, 0..1."""
        return self.blocked / self.requests if self.requests else 0.0


@dataclass(frozen=True, slots=True)
class BanLook:
    """``rows`` are bans and lifts of the filter, newest first: of a live range those of the whole last hour,
    of a longer one the newest thousand. ``counted`` are all of a longer range."""

    rows: Sequence[EventRow]
    complete_since: float
    counted: BanCounts | None


@dataclass(frozen=True)  # no slots: what only a redraw needs is worked out when it is asked for, once
class Snapshot:
    """Everything the overview shows. Rates are requests a second, of a live range over ``RATE_SECONDS``,
    else over all of it; each of ``rows`` is a second, minute or hour.

    ``traffic`` is ``rows`` narrowed to the filter ``wanted``; ``blocked_a_second`` is by country, lately.
    Bans are read when they are first asked for: not every page does.
    """

    now: float
    span: Range
    wanted: EventFilter
    rows: list[TrafficRow]
    traffic: Narrowed
    read_bans: Callable[[], BanLook]
    episodes: list[EventRow]
    recorders: list[RecorderRow]
    active_bans: int
    saved: Savings
    requests_per_second: float
    blocked_per_second: float
    totals: Totals
    before: Totals
    blocked_a_second: Mapping[str, float]
    drawn: dict[Any, Any] = field(default_factory=dict)  # what the page made of it, once for all browsers

    @cached_property
    def look(self) -> BanLook:
        """The bans. Raises DatabaseUnavailableError at first; ``Snapshots.take`` reads them if told to."""
        return self.read_bans()

    @property
    def requests(self) -> int:
        """Guarded requests of the filter."""
        return self.totals.requests

    @property
    def blocked(self) -> int:
        """Blocked requests of the filter."""
        return self.totals.blocked

    @property
    def blocked_share(self) -> float:
        """Blocked of all guarded requests in the range, 0..1."""
        return self.totals.blocked_share

    @cached_property
    def fail_open(self) -> int:
        """Requests of all traffic that were let through without a decision."""
        return sum(row.fail_open for row in self.rows)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was recorded in the range."""
        return not self.rows and not self.look.rows and self.wanted.is_empty

    @property
    def recorder_age_seconds(self) -> float | None:
        """Age of the newest recorder status; None where there never was one."""
        return max(0.0, self.now - max(one.ts for one in self.recorders)) if self.recorders else None

    @property
    def is_live(self) -> bool:
        """Whether a recorder reported lately."""
        age = self.recorder_age_seconds
        return age is not None and age <= STALE_SECONDS

    @cached_property
    def attacks(self) -> list[Attack]:
        """Those of the range, and those that began before it and go on."""
        start = self.span.first_bucket(self.now)
        rows = [
            row
            for row in self.look.rows
            if row.event.ts >= start or row.event.until > self.now or row.event.kind is EventKind.BAN_LIFTED
        ]
        return attacks(rows, self.now, self.blocked_a_second)

    @cached_property
    def bans_in_range(self) -> list[EventRow]:
        """The bans that began in the range, newest first."""
        start = self.span.first_bucket(self.now)
        return [row for row in self.look.rows if row.event.ts >= start]

    @cached_property
    def blocked_by_field(self) -> Mapping[str, Counter[str]]:
        """Blocked requests of all traffic by country and by route."""
        return blocked_by_field(self.rows)

    @cached_property
    def counts_by_country(self) -> Mapping[str, int]:
        """What the map shows: blocked requests, or bans where traffic does not tell the filter."""
        if self.wanted.fields_asked <= {"country"}:
            excluded = self.wanted.excluded_of("country")
            return kept(self.blocked_by_field["country"], self.wanted.country, excluded)
        return self.ban_counts.by_field.get("country", {})

    @cached_property
    def tops(self) -> dict[str, TopList]:
        """The values that count most, by field of the filter."""
        return top_lists(self.wanted, self.blocked_by_field, self.ban_counts)

    @cached_property
    def ban_counts(self) -> BanCounts:
        """The bans of the range by value."""
        return self.look.counted or count_bans(self.bans_in_range, self.look.complete_since)

    @cached_property
    def places(self) -> list[Place]:
        """Cities of the bans in the range, where a city file is configured."""
        return places(self.bans_in_range)

    @cached_property
    def lines(self) -> tuple[list[float], ...]:
        """How the five numbers of the cards went; of bans those that began, zero where not all are known."""
        start, end = self.span.first_bucket(self.now), self.span.end_of_settled(self.now)
        by, traffic = steps(start, end, self.span.bucket_seconds), self.traffic
        requests, blocked = requests_line(traffic.rows, by), blocked_line(traffic.rows, by)
        begun = [row.event.ts for row in self.bans_in_range if row.event.kind in COUNTED_KINDS]
        if self.look.complete_since > start:
            begun = []
        priced = traffic.rows if traffic.counts_routes else self.rows
        return (
            requests,
            blocked,
            share_line(blocked, requests),
            by.rates((moment, 1) for moment in begun),
            saved_line(priced, by, self.saved.usd_by_route),
        )
