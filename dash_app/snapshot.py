"""One look at the database that all tiles of the overview are drawn from, so that they never disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock

from dash_app.ranges import SETTLING_SECONDS, Range
from dash_app.reader import DashboardReader
from dash_app.rows import EventRow, RecorderRow, TrafficRow
from dash_app.savings import Savings, savings
from dash_app.settings import Prices
from dash_app.traffic_grain import HOUR_SECONDS, Grain, pieces

RATE_SECONDS = 10  # requests a second are averaged over this long: steady to read, quick to move
FRESH_SECONDS = 0.5  # browsers that tick within half a second share one look
LONG_FRESH_SECONDS = 5.0  # a range that is not redrawn every second need not be read that often
MOST_KEPT = 32  # snapshots of ranges; anybody may ask for custom ones
STALE_SECONDS = 10.0  # a recorder writes its status every two seconds


@dataclass(frozen=True, slots=True)
class Totals:
    """What the range of equal length before the shown one came to."""

    requests: int
    blocked: int
    saved_usd: float

    @property
    def blocked_share(self) -> float:
        """Blocked of all guarded requests, 0..1."""
        return self.blocked / self.requests if self.requests else 0.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the overview shows. Rates are requests a second, of a live range over ``RATE_SECONDS``,
    else over all of it; each of ``rows`` is a second, minute or hour."""

    now: float
    rows: list[TrafficRow]
    bans: list[EventRow]
    episodes: list[EventRow]
    recorders: list[RecorderRow]
    active_bans: int
    saved: Savings
    requests_per_second: float
    blocked_per_second: float
    requests: int
    blocked: int
    would_block: int
    fail_open: int
    blocked_by_country: Mapping[str, int]
    before: Totals

    @property
    def blocked_share(self) -> float:
        """Blocked of all guarded requests in the range, 0..1."""
        return self.blocked / self.requests if self.requests else 0.0

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was recorded in the range."""
        return not self.rows and not self.bans

    @property
    def recorder_age_seconds(self) -> float | None:
        """Age of the newest recorder status; None where there never was one."""
        return max(0.0, self.now - max(one.ts for one in self.recorders)) if self.recorders else None

    @property
    def is_live(self) -> bool:
        """Whether a recorder reported lately."""
        age = self.recorder_age_seconds
        return age is not None and age <= STALE_SECONDS


def take_snapshot(reader: DashboardReader, span: Range, prices: Prices, now: float) -> Snapshot:
    """Read and add up. Raises DatabaseUnavailableError."""
    span = span.as_read(now)
    since, until = span.first_bucket(now), span.end(now)
    if span.is_live:
        rows = reader.traffic(since)
        lately = [row for row in rows if 0 < now - SETTLING_SECONDS + 1 - row.second <= RATE_SECONDS]
        rate_seconds = RATE_SECONDS
    else:
        lately = rows = reader.traffic_of(pieces(since, until, now, span.grain(now)))
        rate_seconds = max(1, span.end_of_settled(now) - since)
    countries: Counter[str] = Counter()
    for row in rows:
        countries.update(row.blocked_by_country)
    blocked = sum(row.blocked for row in rows)
    return Snapshot(
        now=now,
        rows=rows,
        bans=reader.latest_bans(since, until),
        episodes=reader.episodes(since, until),
        recorders=reader.recorders(),
        active_bans=reader.active_bans(),
        saved=savings(rows, prices),
        requests_per_second=sum(row.allowed + row.blocked for row in lately) / rate_seconds,
        blocked_per_second=sum(row.blocked for row in lately) / rate_seconds,
        requests=blocked + sum(row.allowed for row in rows),
        blocked=blocked,
        would_block=sum(row.would_block for row in rows),
        fail_open=sum(row.fail_open for row in rows),
        blocked_by_country=countries,
        before=_totals_before(reader, span, prices, now),
    )


def _totals_before(reader: DashboardReader, span: Range, prices: Prices, now: float) -> Totals:
    until = span.first_bucket(now)
    start = until - span.seconds
    if now - start < HOUR_SECONDS:  # the reader has these seconds already
        rows = [row for row in reader.traffic(start) if row.second < until]
    else:
        grain = Grain.MINUTE if span.is_live else span.grain(now)
        rows = reader.traffic_of(pieces(grain.floor(start), grain.floor(until), now, grain))
    blocked = sum(row.blocked for row in rows)
    return Totals(blocked + sum(row.allowed for row in rows), blocked, savings(rows, prices).usd)


class Snapshots:
    """Shares one snapshot a range among all browsers that ask within ``FRESH_SECONDS``."""

    def __init__(self, reader: DashboardReader, prices: Prices, clock: Callable[[], float]) -> None:
        self._reader = reader
        self.prices = prices
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, Snapshot] = {}
        self._taking: dict[str, Lock] = {}

    def recorder_age_seconds(self) -> float | None:
        """Age of the newest recorder status; None: there never was one. Raises DatabaseUnavailableError."""
        recorders = self._reader.recorders()
        return max(0.0, self._clock() - max(one.ts for one in recorders)) if recorders else None

    def take(self, span: Range) -> Snapshot:
        """A snapshot not older than ``FRESH_SECONDS``; of a long range than ``LONG_FRESH_SECONDS``.

        One browser takes it, and others of the same range wait. Raises DatabaseUnavailableError.
        """
        fresh = FRESH_SECONDS if span.is_live else LONG_FRESH_SECONDS
        with self._lock:
            taking = self._taking.setdefault(span.key, Lock())
        with taking:
            now = self._clock()
            kept = self._kept.get(span.key)
            if kept is not None and 0.0 <= now - kept.now <= fresh:
                return kept
            taken = take_snapshot(self._reader, span, self.prices, now)
            self._keep(span.key, taken)
            return taken

    def _keep(self, key: str, taken: Snapshot) -> None:
        with self._lock:
            self._kept[key] = taken
            while len(self._kept) > MOST_KEPT:
                oldest = min(self._kept, key=lambda one: self._kept[one].now)
                del self._kept[oldest]
                self._taking.pop(oldest, None)
