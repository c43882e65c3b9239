"""The values that count most: countries, networks, routes, signals and user agents of a snapshot. Pure.

Traffic counts blocked requests by country and by route. Networks, signals and user agents are known of bans
only, and so is everything where a filter asks for what traffic does not tell: then bans are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dash_app.ban_counts import BanCounts
from dash_app.countries import country_name
from dash_app.event_filter import CARRIED_NAMES, EventFilter
from dash_app.rows import TrafficRow
from dash_app.traffic_filter import COUNTED_FIELDS, kept
from decider.core.security_event import clip

LONGEST_LIST = 6  # values: five lists side by side are as high as what stands beside them
LONGEST_LABEL_CHARACTERS = 120
UNKNOWN = {"country": "unknown", "asn": "unknown network", "user_agent": "no user agent"}


@dataclass(frozen=True, slots=True)
class TopValue:
    """``value`` as a filter takes it, empty where there is none to filter by; ``share`` of the list, 0..1."""

    value: str
    label: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class TopList:
    """``field`` of ``CARRIED_NAMES``; ``counts_bans``, or blocked requests; ``distinct`` values in all."""

    field: str
    values: tuple[TopValue, ...]
    counts_bans: bool
    distinct: int


def top_lists(
    wanted: EventFilter, all_blocked: Mapping[str, Mapping[str, int]], bans: BanCounts
) -> dict[str, TopList]:
    """One list for each field. ``all_blocked`` are the blocked requests of all traffic, by field and value;
    ``bans`` those that the filter asks for."""
    lists = {}
    for field in CARRIED_NAMES:
        if field in COUNTED_FIELDS and wanted.fields_asked <= {field}:
            counts = kept(
                all_blocked[field], str(getattr(wanted, field)), frozenset(wanted.excluded_of(field))
            )
            lists[field] = _list(field, counts, sum(counts.values()), {}, counts_bans=False)
        else:
            counts = bans.by_field.get(field, {})
            lists[field] = _list(field, counts, bans.total, bans.names, counts_bans=True)
    return lists


def blocked_by_field(rows: Sequence[TrafficRow]) -> dict[str, Counter[str]]:
    """Blocked requests of all rows by country and by route."""
    by_field: dict[str, Counter[str]] = {name: Counter() for name in COUNTED_FIELDS}
    for row in rows:
        if row.blocked:
            _add(by_field["country"], row.blocked_by_country)
            _add(by_field["route"], {one.route: one.blocked for one in row.routes if one.blocked})
    return by_field


def label_of(field: str, value: str, network: str = "") -> str:
    """A value as people read it: ``Singapore``, ``AS64500 Example``; text, whatever a client chose."""
    if field == "country":
        name = country_name(value)
        return name if name != UNKNOWN["country"] or value in ("", "ZZ") else clip(value, 20)
    if value in ("", "0") and field in UNKNOWN:
        return UNKNOWN[field]
    if field == "asn":
        return clip(f"AS{value} {network}".strip(), LONGEST_LABEL_CHARACTERS)
    return clip(value.replace("_", " ") if field == "signal" else value, LONGEST_LABEL_CHARACTERS)


def _add(counts: Counter[str], more: Mapping[str, int]) -> None:
    for value, count in more.items():  # Counter.update takes three times as long for a few keys
        counts[value] += count


def _list(
    field: str, counts: Mapping[str, int], total: int, names: Mapping[str, str], counts_bans: bool
) -> TopList:
    largest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:LONGEST_LIST]
    values = tuple(
        TopValue(
            "" if value in ("", "0") else value,
            label_of(field, value, names.get(value, "")),
            count,
            count / total if total else 0.0,
        )
        for value, count in largest
    )
    return TopList(field, values, counts_bans, len(counts))
