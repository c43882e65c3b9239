"""The dashboard's settings, from the environment, checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from urllib.parse import urlsplit

# On-demand price of one vCPU of a general-purpose cloud machine: about 0.04 USD an hour (AWS m7i, list price,
# us-east-1, 2026), that is 0.000011 USD a second.
DEFAULT_CPU_SECOND_USD = 0.000011
# First 10 TB of traffic from a large cloud to the internet: 0.09 USD a gigabyte (AWS, list price, 2026).
DEFAULT_GIGABYTE_USD = 0.09
DEFAULT_MONGODB_URI = "mongodb://127.0.0.1:27017/decider?directConnection=true"
DEFAULT_TRUSTED_HOSTS = "127.0.0.1,localhost,[::1]"


class SettingsFault(Exception):
    """One or more wrong settings, each on a line of its own."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What a blocked request would have cost, in US dollars per unit."""

    cpu_second_usd: float = DEFAULT_CPU_SECOND_USD
    gigabyte_usd: float = DEFAULT_GIGABYTE_USD


@dataclass(frozen=True, slots=True)
class DashboardSettings:
    """``trusted_hosts`` are the Host names the dashboard answers to."""

    mongodb_uri: str
    prices: Prices
    trusted_hosts: tuple[str, ...]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> DashboardSettings:
        """Read and check everything. Raises SettingsFault with all faults at once."""
        faults: list[str] = []
        uri = environment.get("MONGODB_URI") or DEFAULT_MONGODB_URI
        if urlsplit(uri).scheme not in ("mongodb", "mongodb+srv"):
            faults.append("MONGODB_URI: write mongodb://host:27017/decider")
        prices = Prices(
            _price(environment, "PRICE_CPU_SECOND_USD", DEFAULT_CPU_SECOND_USD, faults),
            _price(environment, "PRICE_GIGABYTE_USD", DEFAULT_GIGABYTE_USD, faults),
        )
        hosts = (environment.get("DASHBOARD_TRUSTED_HOSTS") or DEFAULT_TRUSTED_HOSTS).split(",")
        if faults:
            raise SettingsFault("\n".join(faults))
        return cls(uri, prices, tuple(host.strip() for host in hosts if host.strip()))


def _price(environment: Mapping[str, str], name: str, default: float, faults: list[str]) -> float:
    text = environment.get(name) or str(default)
    try:
        price = float(text)
    except ValueError:
        price = -1.0
    if not isfinite(price) or price < 0:
        faults.append(f"{name} = {text!r}: write a price in US dollars, like {default}")
        return default
    return price
