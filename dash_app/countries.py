"""ISO-2 country code -> ISO-3 code, English name, and a point to draw a bubble at.

``countries.json``: codes from ISO 3166-1, names from Unicode CLDR, points from the label points of the map in
``assets/topojson`` (small states added by hand). XK is Kosovo's user-assigned code; the map calls it XKX.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Country:
    """Longitude and latitude in degrees."""

    iso3: str
    name: str
    longitude: float
    latitude: float


@cache
def countries() -> Mapping[str, Country]:
    """All countries by ISO-2 code."""
    table = json.loads(files("dash_app").joinpath("countries.json").read_text(encoding="utf-8"))
    return {iso2: Country(*row) for iso2, row in table.items()}


def country_name(iso2: str) -> str:
    """The English name; ``unknown`` for ZZ and for whatever is no country."""
    known = countries().get(iso2)
    return known.name if known else "unknown"
