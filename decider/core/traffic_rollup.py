"""Traffic seconds added up to minutes, and minutes to hours: documents of the same fields.

A rollup is made from all documents of its time and replaces the one before: making it again changes nothing.

    roll_up([second, second, ...], 60)         # one document a node and minute, "_id": "edge:29398145"
    worth_storing(minute, stored_minute)       # False: nothing new, or less than is known
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

MINUTE_SECONDS = 60
HOUR_SECONDS = 3_600
#: The lists of a document, and the field that names an entry.
SHARES = {"by_country": "country", "by_route": "route", "by_signal": "signal"}
MOST_SHARES = 300  # of one list: more than there are countries, routes of a policy or signals
OTHER = "other"
DECIMALS = 3  # seconds are summed in milliseconds, as in the documents they come from

Document = dict[str, Any]


def roll_up(documents: Iterable[Mapping[str, Any]], period_seconds: int) -> list[Document]:
    """One document a node and period, oldest first; every number is a sum, every list is merged by name.

    A field that a newer recorder adds is added up, too.
    """
    periods: dict[tuple[int, str], list[Mapping[str, Any]]] = {}
    for document in documents:
        start = int(document["ts"].timestamp()) // period_seconds * period_seconds
        periods.setdefault((start, str(document["node"])), []).append(document)
    return [
        {"_id": f"{node}:{start // period_seconds}", "ts": datetime.fromtimestamp(start, UTC), "node": node}
        | _sums(parts)
        for (start, node), parts in sorted(periods.items(), key=lambda item: item[0])
    ]


def worth_storing(made: Mapping[str, Any], stored: Mapping[str, Any] | None) -> bool:
    """Whether a rollup is to replace what is stored.

    Requests are only ever added, so one with fewer was made after some of its seconds were deleted.
    """
    return stored is None or (made != stored and made.get("requests", 0) >= stored.get("requests", 0))


def _sums(parts: Iterable[Mapping[str, Any]]) -> Document:
    totals: Document = {}
    shares: dict[str, dict[str, Document]] = {}
    for part in parts:
        for field, value in part.items():
            if field in SHARES:
                _merge(shares.setdefault(field, {}), value, SHARES[field])
            elif isinstance(value, int | float):
                totals[field] = totals.get(field, 0) + value
    lists = {field: _largest_first(named, SHARES[field]) for field, named in shares.items()}
    return {field: _rounded(value) for field, value in totals.items()} | lists


def _merge(named: dict[str, Document], entries: Iterable[Mapping[str, Any]], key: str) -> None:
    for entry in entries:
        name = str(entry[key])
        if name not in named and len(named) >= MOST_SHARES:
            name = OTHER
        sums = named.get(name)
        if sums is None:
            sums = named[name] = {key: name}
        for field, value in entry.items():
            if field != key:
                sums[field] = sums.get(field, 0) + value


def _largest_first(named: Mapping[str, Document], key: str) -> list[Document]:
    entries = [{field: _rounded(value) for field, value in one.items()} for one in named.values()]
    return sorted(entries, key=lambda one: (-one.get("allowed", 0) - one.get("blocked", 0), one[key]))


def _rounded(value: Any) -> Any:
    return round(value, DECIMALS) if isinstance(value, float) else value
