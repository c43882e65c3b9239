"""The decider's settings: addresses and switches from the environment, read once, checked as a whole."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from decider.core.errors import SettingsError
from decider.core.policy import Mode

GEOIP_FOLDER = Path(__file__).parent / "geoip_data"
REDIS_SCHEMES = ("redis", "rediss", "unix")
ALLOW_STATUSES = ("204", "200")  # 200 for callers that accept nothing else (ingress-nginx)
MOST_SHARDS = 1_024  # more shards than slots-per-node of any sensible cluster
MOST_WORKERS = 128  # beyond it the setting is a typing error
NODE_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,64}")  # goes into Redis keys, MongoDB ids and metric labels


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths of GeoIP files may be absent: then country or network is unknown."""

    redis_url: str
    redis_shards: int
    workers: int
    policy_path: Path | None
    mode: Mode | None
    allow_status: int
    node: str
    geoip_country_db: Path
    geoip_asn_db: Path
    geoip_city_db: Path | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read and check everything. Raises SettingsError with all faults at once."""
        faults: list[str] = []
        settings = cls(
            redis_url=_redis_url(environment.get("REDIS_URL") or "redis://127.0.0.1:6379/0", faults),
            redis_shards=_whole(environment, "REDIS_SHARDS", 1, MOST_SHARDS, faults),
            workers=_whole(environment, "DECIDER_WORKERS", 1, MOST_WORKERS, faults),
            policy_path=_path(environment, "DECIDER_POLICY"),
            mode=_mode(environment.get("DECIDER_MODE") or None, faults),
            allow_status=_allow_status(environment.get("DECIDER_ALLOW_STATUS") or "204", faults),
            node=_node(environment.get("DECIDER_NODE") or socket.gethostname(), faults),
            geoip_country_db=_path(environment, "GEOIP_COUNTRY_DB")
            or GEOIP_FOLDER / "dbip-country-lite.mmdb",
            geoip_asn_db=_path(environment, "GEOIP_ASN_DB") or GEOIP_FOLDER / "dbip-asn-lite.mmdb",
            geoip_city_db=_path(environment, "GEOIP_CITY_DB"),
        )
        if faults:
            raise SettingsError(faults)
        return settings


def redacted(url: str) -> str:
    """The URL without its password, fit for a log or a screen."""
    if not _can_be_taken_apart(url):
        return f"{url.partition('://')[0]}://..."  # wherever a password may stand in it
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user = parts.username or ""
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:***@{place}"))


def _redis_url(url: str, faults: list[str]) -> str:
    scheme, _, rest = url.partition("://")
    if scheme not in REDIS_SCHEMES or not rest or not _can_be_taken_apart(url):
        faults.append(
            f"REDIS_URL = {redacted(url)!r}: write redis://host:6379/0, rediss://... or unix:///path"
        )
    return url


def _can_be_taken_apart(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _whole(environment: Mapping[str, str], name: str, least: int, most: int, faults: list[str]) -> int:
    text = environment.get(name) or str(least)
    if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
        faults.append(f"{name} = {text!r}: write a whole number from {least} to {most}")
        return least
    return int(text)


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    return Path(environment[name]) if environment.get(name) else None


def _mode(text: str | None, faults: list[str]) -> Mode | None:
    if text is not None and text not in tuple(Mode):
        faults.append(f"DECIDER_MODE = {text!r}: write enforce or observe, or leave it out")
        return None
    return None if text is None else Mode(text)


def _allow_status(text: str, faults: list[str]) -> int:
    if text not in ALLOW_STATUSES:
        faults.append(f"DECIDER_ALLOW_STATUS = {text!r}: write 204, or 200 for ingress-nginx")
        return 204
    return int(text)


def _node(text: str, faults: list[str]) -> str:
    if not NODE_PATTERN.fullmatch(text):
        faults.append(f"DECIDER_NODE = {text!r}: write up to 64 letters, digits, dots, - and _")
    return text
