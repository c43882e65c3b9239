"""Bans -> cities on the map, where events name them: a city file is configured (GEOIP_CITY_DB). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dash_app.ban_counts import COUNTED_KINDS
from dash_app.rows import EventRow

MOST_PLACES = 100  # bubbles: more hide each other
DEGREES_DIGITS = 1  # some ten kilometres: a city is one bubble


@dataclass(frozen=True, slots=True)
class Place:
    """``country`` is ISO-2; ``latitude`` and ``longitude`` in degrees."""

    city: str
    country: str
    latitude: float
    longitude: float
    bans: int


def places(rows: Iterable[EventRow]) -> list[Place]:
    """Those with most bans, largest first."""
    counts: Counter[tuple[str, str, float, float]] = Counter()
    for event in (row.event for row in rows if row.event.kind in COUNTED_KINDS):
        latitude, longitude = event.latitude, event.longitude
        if event.city and latitude is not None and longitude is not None:
            where = round(latitude, DEGREES_DIGITS), round(longitude, DEGREES_DIGITS)
            counts[(event.city, event.country, *where)] += 1
    return [Place(*where, count) for where, count in counts.most_common(MOST_PLACES)]
