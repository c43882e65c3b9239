"""The dashboard's settings, from the environment, checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from re import fullmatch
from urllib.parse import urlsplit

from dash_app.login.settings import LoginSettings

# On-demand price of one vCPU of a general-purpose cloud machine: about 0.04 USD an hour (AWS m7i, list price,
# us-east-1, 2026), that is 0.000011 USD a second.
DEFAULT_CPU_SECOND_USD = 0.000011
# First 10 TB of traffic from a large cloud to the internet: 0.09 USD a gigabyte (AWS, list price, 2026).
DEFAULT_GIGABYTE_USD = 0.09
DEFAULT_MONGODB_URI = "mongodb://127.0.0.1:27017/decider?directConnection=true"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")  # always: health checks come this way


class SettingsFault(Exception):
    """One or more wrong settings, each on a line of its own."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What a blocked request would have cost, in US dollars per unit."""

    cpu_second_usd: float = DEFAULT_CPU_SECOND_USD
    gigabyte_usd: float = DEFAULT_GIGABYTE_USD


@dataclass(frozen=True, slots=True)
class DashboardSettings:
    """``trusted_hosts`` are the Host names it answers to, ``prefix`` is its path: ``/`` or ``/decider/``."""

    mongodb_uri: str
    prices: Prices
    trusted_hosts: tuple[str, ...]
    prefix: str
    login: LoginSettings

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
        named = (host.strip() for host in environment.get("DASHBOARD_TRUSTED_HOSTS", "").split(","))
        hosts = tuple(dict.fromkeys([*filter(None, named), *LOOPBACK_HOSTS]))
        prefix = environment.get("DASHBOARD_PREFIX") or "/"
        if not fullmatch(r"/|(/[A-Za-z0-9._~-]*[A-Za-z0-9_~-])+/", prefix):
            faults.append(f"DASHBOARD_PREFIX = {prefix!r}: write a path between slashes, like /decider/")
        login = LoginSettings.from_environment(environment, faults)
        if faults:
            raise SettingsFault("\n".join(faults))
        return cls(uri, prices, hosts, prefix, login)


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
