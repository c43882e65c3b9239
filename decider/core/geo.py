"""Where an address is, as far as known."""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN_COUNTRY = "ZZ"  # ISO 3166 reserves ZZ for "unknown or unspecified"


@dataclass(frozen=True, slots=True)
class Geo:
    """ISO-2 country, network by number (0 unknown) and name, and the place where a city file knows it."""

    country: str = UNKNOWN_COUNTRY
    asn: int = 0
    network: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
