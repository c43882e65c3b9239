"""The decider's settings: addresses and switches from the environment, read once, checked as a whole."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from decider.core.errors import SettingsError
from decider.core.policy import Mode
from decider.policy_source import PolicySource, known_profiles, profile_fault
from decider.redis_url import is_cluster, redis_url_fault

DEFAULT_REDIS_URL = "redis://127.0.0.1:6379/0"
DEFAULT_BIND = "unix:/run/decider/decider.sock"
GEOIP_FOLDER = Path(__file__).parent / "geoip_data"
ALLOW_STATUSES = ("204", "200")  # 200 for callers that accept nothing else (ingress-nginx)
LONGEST_SOCKET_BYTES = 107  # what a unix socket's address holds on Linux
HIGHEST_PORT = 65_535
DNS_PORT = 53
CLUSTER_SHARDS = 16  # spread evenly enough over three to five masters; each costs a busy batch one more call
MOST_SHARDS = 1_024  # more shards than slots-per-node of any sensible cluster
MOST_WORKERS = 128  # beyond it the setting is a typing error
NUMBER_PATTERN = re.compile(r"[0-9]{1,9}")
ADDRESS_PATTERN = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
NODE_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,64}")  # goes into Redis keys, MongoDB ids and metric labels


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths of GeoIP files may be absent: then country or network is unknown.

    ``dns`` is empty for the system's resolvers, ``off``, or a resolver's address with or without port.
    ``deny_lease`` is the file by which Nginx on this machine knows that blocks are called back.
    """

    redis_url: str
    redis_shards: int
    bind: str
    workers: int
    policy_path: Path | None
    mode: Mode | None
    profile: str | None
    allow_status: int
    node: str
    dns: str
    deny_lease: Path | None
    geoip_country_db: Path
    geoip_asn_db: Path
    geoip_city_db: Path | None

    @property
    def policy_source(self) -> PolicySource:
        """Where the policy comes from."""
        return PolicySource(self.policy_path, self.mode, self.profile)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read and check everything. Raises SettingsError with all faults at once."""
        faults: list[str] = []
        redis_url = _redis_url(environment.get("REDIS_URL") or DEFAULT_REDIS_URL, faults)
        if is_cluster(redis_url) and not environment.get("REDIS_SHARDS"):
            environment = {**environment, "REDIS_SHARDS": str(CLUSTER_SHARDS)}
        settings = cls(
            redis_url=redis_url,
            redis_shards=_whole(environment, "REDIS_SHARDS", 1, MOST_SHARDS, faults),
            bind=_bind(environment.get("DECIDER_BIND") or DEFAULT_BIND, faults),
            workers=_whole(environment, "DECIDER_WORKERS", 1, MOST_WORKERS, faults),
            policy_path=_path(environment, "DECIDER_POLICY"),
            mode=_mode(environment.get("DECIDER_MODE") or None, faults),
            profile=_profile(environment.get("DECIDER_PROFILE") or None, faults),
            allow_status=_allow_status(environment.get("DECIDER_ALLOW_STATUS") or "204", faults),
            node=_node(environment.get("DECIDER_NODE") or socket.gethostname(), faults),
            dns=_dns(environment.get("DECIDER_DNS") or "", faults),
            deny_lease=_path(environment, "DECIDER_DENY_LEASE"),
            geoip_country_db=_path(environment, "GEOIP_COUNTRY_DB")
            or GEOIP_FOLDER / "dbip-country-lite.mmdb",
            geoip_asn_db=_path(environment, "GEOIP_ASN_DB") or GEOIP_FOLDER / "dbip-asn-lite.mmdb",
            geoip_city_db=_path(environment, "GEOIP_CITY_DB"),
        )
        if faults:
            raise SettingsError(faults)
        return settings


def _redis_url(url: str, faults: list[str]) -> str:
    if fault := redis_url_fault(url):
        faults.append(fault)
    return url


def _bind(text: str, faults: list[str]) -> str:
    is_socket = text.startswith("unix:/") and len(os.fsencode(text)) <= len("unix:") + LONGEST_SOCKET_BYTES
    address = ADDRESS_PATTERN.fullmatch(text)
    if not is_socket and not (address and 1 <= int(address["port"]) <= HIGHEST_PORT):
        faults.append(
            f"DECIDER_BIND = {text!r}: write unix:/path (up to {LONGEST_SOCKET_BYTES} bytes) or host:port"
        )
    return text


def _whole(environment: Mapping[str, str], name: str, least: int, most: int, faults: list[str]) -> int:
    text = environment.get(name) or str(least)
    if not NUMBER_PATTERN.fullmatch(text) or not least <= int(text) <= most:
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


def _profile(text: str | None, faults: list[str]) -> str | None:
    if text is not None and text not in known_profiles():
        faults.append(f"DECIDER_PROFILE: {profile_fault(text)}")
        return None
    return text


def _allow_status(text: str, faults: list[str]) -> int:
    if text not in ALLOW_STATUSES:
        faults.append(f"DECIDER_ALLOW_STATUS = {text!r}: write 204, or 200 for ingress-nginx")
        return 204
    return int(text)


def _dns(text: str, faults: list[str]) -> str:
    try:
        if text not in ("", "off"):
            split_address(text)
    except ValueError:
        faults.append(f"DECIDER_DNS = {text!r}: write a resolver's address like 10.0.0.2 or [::1]:53, or off")
    return text


def split_address(text: str, port: int = DNS_PORT) -> tuple[str, int]:
    """``10.0.0.2``, ``10.0.0.2:53``, ``::1`` or ``[::1]:53`` as (address, port). Raises ValueError."""
    host = text
    if text.startswith("[") or text.count(":") == 1:
        host, _, number = text.rpartition(":")
        port = int(number) if NUMBER_PATTERN.fullmatch(number) else 0
        host = host.removeprefix("[").removesuffix("]")
    if not 1 <= port <= HIGHEST_PORT:
        raise ValueError(text)
    return str(ip_address(host)), port


def _node(text: str, faults: list[str]) -> str:
    if not NODE_PATTERN.fullmatch(text):
        faults.append(f"DECIDER_NODE = {text!r}: write up to 64 letters, digits, dots, - and _")
    return text
