"""Traffic narrowed to a filter, where its documents can tell: by country or by route. Pure.

A document has its totals by country and by route, but not by both at once, and neither networks nor user
agents. Its signals do not help: of a request that meets a running ban the signal is ``ban``, whatever the ban
was for. What cannot be told stays all traffic, and the tile says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dash_app.event_filter import EventFilter
from dash_app.rows import RouteTraffic, TrafficRow

COUNTED_FIELDS = frozenset({"country", "route"})


@dataclass(frozen=True, slots=True)
class Narrowed:
    """``field`` is what the rows were narrowed by, empty where they are all traffic."""

    rows: list[TrafficRow]
    field: str = ""

    @property
    def counts_routes(self) -> bool:
        """Whether each row has its routes, from which savings are estimated."""
        return self.field in ("", "route")


def can_narrow(wanted: EventFilter) -> bool:
    """Whether traffic tells what this filter asks."""
    return len(wanted.fields_asked) == 1 and wanted.fields_asked <= COUNTED_FIELDS


def narrowed(rows: list[TrafficRow], wanted: EventFilter) -> Narrowed:
    """The traffic that a filter asks for, or all of it.

    Would-block, fail-open and the deny cache are not counted by country or route: they are zero, that is the
    requests are among the allowed and blocked ones.
    """
    if not can_narrow(wanted):
        return Narrowed(rows)
    (field,) = wanted.fields_asked
    narrow = _NARROW[field]
    keep = str(getattr(wanted, field)), frozenset(wanted.excluded_of(field))
    return Narrowed([narrow(row, *keep) for row in rows], field)


def kept(counts: Mapping[str, int], value: str, excluded: Iterable[str]) -> dict[str, int]:
    """Those of the included value, or all, without the excluded ones."""
    names = [value] if value else counts
    return {one: counts[one] for one in names if one in counts and one not in excluded}


def _by_country(row: TrafficRow, value: str, excluded: frozenset[str]) -> TrafficRow:
    allowed, blocked = (
        kept(one, value, excluded) for one in (row.allowed_by_country, row.blocked_by_country)
    )
    return _row(row, sum(allowed.values()), sum(blocked.values()))


def _by_route(row: TrafficRow, value: str, excluded: frozenset[str]) -> TrafficRow:
    routes = tuple(
        one for one in row.routes if (not value or one.route == value) and one.route not in excluded
    )
    return _row(row, sum(one.allowed for one in routes), sum(one.blocked for one in routes), routes=routes)


def _row(row: TrafficRow, allowed: int, blocked: int, routes: tuple[RouteTraffic, ...] = ()) -> TrafficRow:
    return TrafficRow(row.second, allowed, blocked, 0, 0, 0, {}, routes)


_NARROW: Mapping[str, Callable[[TrafficRow, str, frozenset[str]], TrafficRow]] = {
    "country": _by_country,
    "route": _by_route,
}
