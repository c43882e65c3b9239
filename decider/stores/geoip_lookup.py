"""Address -> country, network and, with a city file, place; from local MMDB files by geoip2.

Absence is a value: a file that is missing or corrupt leaves its part unknown and is warned of once. A file
that was replaced is opened before the old one is closed, so a look-up never finds nothing in between.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import time

from geoip2.database import Reader
from geoip2.errors import GeoIP2Error
from maxminddb import InvalidDatabaseError

from decider.core.geo import UNKNOWN_COUNTRY, Geo

LOG = logging.getLogger("decider.geoip")

CACHED_ADDRESSES = 16_384  # about 10 MB; as many clients as the decider keeps parsed
DAY_SECONDS = 86_400
LOOKUP_FAULTS = (
    GeoIP2Error,
    InvalidDatabaseError,
    ValueError,
    OSError,
    TypeError,
    KeyError,
)  # corrupt data pages


@dataclass(slots=True)
class _File:
    """One MMDB file: its path, what it looked like when opened, and its reader while it is usable."""

    path: Path | None
    seen: tuple[float, int] | None = None
    reader: Reader | None = None
    fault: str = ""


class GeoLookup:
    """Any of the three files may be None or absent. ``refresh`` opens what is new; call it now and then."""

    def __init__(self, country: Path | None, asn: Path | None, city: Path | None = None) -> None:
        self._country, self._asn, self._city = _File(country), _File(asn), _File(city)
        self._cached = lru_cache(maxsize=CACHED_ADDRESSES)(self._look_up)
        self.refresh()

    def find(self, address: str) -> Geo:
        """The place of an address; ``Geo()`` for what is none or is in no file. Never raises."""
        return self._cached(address)

    def refresh(self) -> None:
        """Open files that appeared or changed, drop readers of files that are gone."""
        changed = [_reopen(one) for one in (self._country, self._asn, self._city)]
        if any(changed):
            self._cached.cache_clear()

    def describe(self) -> dict[str, str]:
        """country_db, asn_db and city_db: ``DBIP-Country-Lite, 83 days old``, ``off`` or ``unknown: why``."""
        files = {"country_db": self._country, "asn_db": self._asn, "city_db": self._city}
        return {name: _describe(one) for name, one in files.items()}

    def close(self) -> None:
        """Close the files."""
        for one in (self._country, self._asn, self._city):
            if one.reader is not None:
                one.reader.close()

    def _look_up(self, address: str) -> Geo:
        country, city, latitude, longitude = self._place(address)
        asn, network = self._network(address)
        return Geo(country, asn, network, city, latitude, longitude)

    def _place(self, address: str) -> tuple[str, str, float | None, float | None]:
        for one in (self._city, self._country):
            if one.reader is None:
                continue
            try:
                if one is self._city:
                    found = one.reader.city(address)
                    place = found.location
                    return (
                        found.country.iso_code or UNKNOWN_COUNTRY,
                        found.city.name or "",
                        place.latitude,
                        place.longitude,
                    )
                return one.reader.country(address).country.iso_code or UNKNOWN_COUNTRY, "", None, None
            except LOOKUP_FAULTS:
                continue
        return UNKNOWN_COUNTRY, "", None, None

    def _network(self, address: str) -> tuple[int, str]:
        if self._asn.reader is None:
            return 0, ""
        try:
            found = self._asn.reader.asn(address)
        except LOOKUP_FAULTS:
            return 0, ""
        return found.autonomous_system_number or 0, found.autonomous_system_organization or ""


def _reopen(one: _File) -> bool:
    if one.path is None:
        return False
    try:
        status = one.path.stat()
        seen = (status.st_mtime, status.st_size)
        if seen == one.seen:
            return False
        old, one.seen = one.reader, seen
        one.reader, one.fault = Reader(one.path), ""
    except (OSError, ValueError, InvalidDatabaseError) as error:
        fault = f"{one.path}: {error}"
        if fault != one.fault:
            LOG.warning(
                "geoip_unusable file=%s error=%s: its part of every look-up is unknown", one.path, error
            )
        gone = one.reader is not None and isinstance(error, OSError)
        one.reader, one.fault = None if gone else one.reader, fault
        return gone
    if old is not None:
        old.close()
    return True


def _describe(one: _File) -> str:
    if one.path is None:
        return "off"
    if one.reader is None:
        return f"unknown: {one.fault}"
    metadata = one.reader.metadata()
    age_days = (time() - metadata.build_epoch) / DAY_SECONDS
    note = "; the newer file on disk is unusable" if one.fault else ""
    return f"{metadata.database_type}, {age_days:.0f} days old{note}"
