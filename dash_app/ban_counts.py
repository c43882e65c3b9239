"""How many bans there were of each value: country, network, route, signal, user agent. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dash_app.event_filter import CARRIED_NAMES, values_of
from dash_app.rows import EventRow
from decider.core.security_event import EventKind

COUNTED_KINDS = (EventKind.BAN_STARTED, EventKind.WOULD_BLOCK)  # what an operator extends was a ban before
UNTOLD_FIELDS = ("asn", "signal", "user_agent")  # traffic tells the others


@dataclass(slots=True)
class BanCounts:
    """``by_field``: bans by value, as a filter takes it. ``names``: a network's by its number.

    A ban counts once for each of its signals. ``complete_since`` in epoch seconds.
    """

    by_field: dict[str, Counter[str]]
    total: int
    names: dict[str, str]
    complete_since: float

    def add(self, values: Mapping[str, Any], count: int) -> None:
        """Bans with these values; newer ones first, because the newest name of a network is kept."""
        self.total += count
        for field in CARRIED_NAMES:
            if field in values or field in UNTOLD_FIELDS:
                counts = self.by_field.setdefault(field, Counter())
                value = values.get(field) or ""
                for one in value if isinstance(value, list | tuple) else (value,):
                    counts[str(one)] += count
        if network := values.get("network"):
            self.names.setdefault(str(values.get("asn") or 0), str(network))


def count_bans(rows: Iterable[EventRow], complete_since: float) -> BanCounts:
    """The same of rows, newest first."""
    counts = BanCounts({}, 0, {}, complete_since)
    for event in (row.event for row in rows if row.event.kind in COUNTED_KINDS):
        values: dict[str, Any] = {field: values_of(event, field) for field in CARRIED_NAMES}
        counts.add({**values, "asn": event.asn, "network": event.network}, 1)
    return counts
