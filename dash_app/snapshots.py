"""Takes snapshots, and shares each among all browsers that look at the same range and filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock

from dash_app.ban_reader import BanReader, matching
from dash_app.event_filter import EventFilter
from dash_app.ranges import SETTLING_SECONDS, Range
from dash_app.reader import DashboardReader
from dash_app.rows import TrafficRow
from dash_app.savings import savings
from dash_app.settings import Prices
from dash_app.snapshot import RATE_SECONDS, BanLook, Snapshot, Totals
from dash_app.traffic_filter import Narrowed, can_narrow, narrowed
from dash_app.traffic_grain import HOUR_SECONDS, Grain, pieces

FRESH_SECONDS = 0.5  # browsers that tick within half a second share one look
LONG_FRESH_SECONDS = 5.0  # a range that is not redrawn every second need not be read that often
MOST_KEPT = 32  # snapshots of ranges and filters; anybody may ask for custom ones
EVERYTHING = EventFilter()

Key = tuple[str, EventFilter]


@dataclass(frozen=True, slots=True)
class Readers:
    """Where a snapshot is read from."""

    traffic: DashboardReader
    bans: BanReader


def take_snapshot(readers: Readers, span: Range, wanted: EventFilter, prices: Prices, now: float) -> Snapshot:
    """Read and add up. Raises DatabaseUnavailableError."""
    span, reader, bans = span.as_read(now), readers.traffic, readers.bans
    since, until = span.first_bucket(now), span.end(now)
    if span.is_live:
        rows, rate_seconds = reader.traffic(since), RATE_SECONDS
        lately = _lately(rows, now)
    else:
        rows = reader.traffic_of(pieces(since, until, now, span.grain(now)))
        rate_seconds, lately = max(1, span.end_of_settled(now) - since), rows
    traffic = narrowed(rows, wanted)
    requests, blocked = _counts(narrowed(lately, wanted))
    by_country = Counter[str]()
    for row in lately if span.is_live else ():
        by_country.update(row.blocked_by_country)
    saved = savings(traffic.rows if traffic.counts_routes else rows, prices)
    return Snapshot(
        now=now,
        span=span,
        wanted=wanted,
        rows=rows,
        traffic=traffic,
        read_bans=partial(_look, bans, span, wanted, now),
        episodes=reader.episodes(since, until),
        recorders=reader.recorders(),
        active_bans=bans.active(wanted),
        saved=saved,
        requests_per_second=requests / rate_seconds,
        blocked_per_second=blocked / rate_seconds,
        totals=Totals(*_counts(traffic), saved.usd),
        before=_totals_before(reader, span, wanted, prices, now),
        blocked_a_second={country: count / rate_seconds for country, count in by_country.items()},
    )


def _look(bans: BanReader, span: Range, wanted: EventFilter, now: float) -> BanLook:
    if span.is_live:
        found, counted = bans.lately(), None
    else:
        since, until = span.first_bucket(now), span.end(now)
        found, counted = bans.between(wanted, since, until), bans.counts(wanted, since, until)
    return BanLook(matching(found.rows, wanted), found.complete_since, counted)


def _lately(rows: Sequence[TrafficRow], now: float) -> list[TrafficRow]:
    return [row for row in rows if 0 < now - SETTLING_SECONDS + 1 - row.second <= RATE_SECONDS]


def _counts(traffic: Narrowed) -> tuple[int, int]:
    """Requests and blocked ones."""
    blocked = sum(row.blocked for row in traffic.rows)
    return blocked + sum(row.allowed for row in traffic.rows), blocked


def _totals_before(
    reader: DashboardReader, span: Range, wanted: EventFilter, prices: Prices, now: float
) -> Totals:
    until = span.first_bucket(now)
    start = until - span.seconds
    if now - start < HOUR_SECONDS:  # the reader has these seconds already
        rows = [row for row in reader.traffic(start) if row.second < until]
    else:
        grain = Grain.MINUTE if span.is_live else span.grain(now)
        unasked = [] if can_narrow(wanted) else ["by_country", "by_signal"]
        rows = reader.traffic_of(pieces(grain.floor(start), grain.floor(until), now, grain), unasked)
    traffic = narrowed(rows, wanted)
    saved = savings(traffic.rows if traffic.counts_routes else rows, prices)
    return Totals(*_counts(traffic), saved.usd)


class Snapshots:
    """Shares one snapshot a range among all browsers that ask within ``FRESH_SECONDS``."""

    def __init__(self, reader: DashboardReader, prices: Prices, clock: Callable[[], float]) -> None:
        self._readers = Readers(reader, BanReader(reader.database, clock))
        self.prices = prices
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[Key, Snapshot] = {}
        self._taking: dict[Key, Lock] = {}

    def recorder_age_seconds(self) -> float | None:
        """Age of the newest recorder status; None: there never was one. Raises DatabaseUnavailableError."""
        recorders = self._readers.traffic.recorders()
        return max(0.0, self._clock() - max(one.ts for one in recorders)) if recorders else None

    def take(self, span: Range, wanted: EventFilter = EVERYTHING, with_bans: bool = False) -> Snapshot:
        """A snapshot not older than ``FRESH_SECONDS``; of a long range than ``LONG_FRESH_SECONDS``.

        One browser takes it, and others of the same range and filter wait. ``with_bans``: its bans are read,
        too. Raises DatabaseUnavailableError.
        """
        key = span.key, wanted
        fresh = FRESH_SECONDS if span.is_live else LONG_FRESH_SECONDS
        with self._lock:
            taking = self._taking.setdefault(key, Lock())
        with taking:
            now = self._clock()
            kept = self._kept.get(key)
            if kept is None or not 0.0 <= now - kept.now <= fresh:
                kept = take_snapshot(self._readers, span, wanted, self.prices, now)
                self._keep(key, kept)
            if with_bans:
                _ = kept.look
            return kept

    def _keep(self, key: Key, taken: Snapshot) -> None:
        with self._lock:
            self._kept[key] = taken
            while len(self._kept) > MOST_KEPT:
                oldest = min(self._kept, key=lambda one: self._kept[one].now)
                del self._kept[oldest]
                self._taking.pop(oldest, None)
