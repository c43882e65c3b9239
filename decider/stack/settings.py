"""What the operator chose for `make run`, read from the environment and checked as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from decider.core.errors import SettingsError
from decider.settings import Settings as DeciderSettings
from decider.stack.run_folder import RunFolder

DEFAULT_GATEWAY_PORT = 8080
DEFAULT_DASHBOARD_PORT = 8050
DEFAULT_RUN_DIR = ".run"

PASSED_ON = (
    *("DECIDER_MODE", "DECIDER_PROFILE", "DECIDER_NODE", "DECIDER_WORKERS", "DECIDER_ALLOW_STATUS"),
    *("DECIDER_DNS", "REDIS_SHARDS"),
)
PASSED_ON_PATHS = ("DECIDER_POLICY", "GEOIP_COUNTRY_DB", "GEOIP_ASN_DB", "GEOIP_CITY_DB")

# sockaddr_un holds 107 bytes and a NUL; the longest name is supervisor's, which carries a pid at first.
LONGEST_SOCKET_BYTES = 107
LONGEST_SOCKET_NAME = "control.sock.4194304"
# RUN_DIR goes into nginx and supervisor files, where these need no quoting.
_PLAIN_PATH = re.compile(r"[\w./@+-]+", re.ASCII)
_PREFIX = re.compile(r"/|(/[A-Za-z0-9._~-]*[A-Za-z0-9_~-])+/", re.ASCII)  # as the dashboard takes it
_UPSTREAM = re.compile(r"(?:http://)?(?P<host>[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\]):(?P<port>\d{1,5})/?")


@dataclass(frozen=True, slots=True)
class StackSettings:
    """Addresses and switches of one copy of the product.

    ``upstream`` is ``host:port``; None for it, ``redis_url`` or ``mongodb_uri`` means: start our own.
    ``passed_on`` are the variables that our processes and the command line must agree on, paths absolute.
    """

    folder: RunFolder
    gateway_port: int
    dashboard_port: int
    upstream: str | None
    redis_url: str | None
    mongodb_uri: str | None
    mode: str | None
    dashboard_prefix: str
    passed_on: Mapping[str, str]


def parse_settings(environ: Mapping[str, str], here: Path) -> StackSettings:
    """Read the environment; a relative RUN_DIR starts at ``here``. Raises SettingsError with every fault."""
    faults: list[str] = []
    gateway_port = _port(environ, "GATEWAY_PORT", DEFAULT_GATEWAY_PORT, faults)
    dashboard_port = _port(environ, "DASHBOARD_PORT", DEFAULT_DASHBOARD_PORT, faults)
    if gateway_port == dashboard_port:
        faults.append(f"GATEWAY_PORT and DASHBOARD_PORT are both {gateway_port}: give each its own port")
    settings = StackSettings(
        folder=_folder(environ.get("RUN_DIR") or DEFAULT_RUN_DIR, here, faults),
        gateway_port=gateway_port,
        dashboard_port=dashboard_port,
        upstream=_upstream(environ.get("UPSTREAM") or None, faults),
        redis_url=environ.get("REDIS_URL") or None,
        mongodb_uri=_mongodb_uri(environ.get("MONGODB_URI") or None, faults),
        mode=environ.get("DECIDER_MODE") or None,
        dashboard_prefix=_prefix(environ.get("DASHBOARD_PREFIX") or "/", faults),
        passed_on={
            **{name: environ[name] for name in PASSED_ON if environ.get(name)},
            **{name: str(here / environ[name]) for name in PASSED_ON_PATHS if environ.get(name)},
        },
    )
    try:
        DeciderSettings.from_environment(environ)
    except SettingsError as error:
        faults.extend(error.faults)
    if faults:
        raise SettingsError(faults)
    return settings


def _port(environ: Mapping[str, str], name: str, default: int, faults: list[str]) -> int:
    text = environ.get(name) or str(default)
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535:
        return int(text)
    faults.append(f"{name} is {text!r}: write a port from 1 to 65535, for example {name}={default}")
    return 0


def _folder(text: str, here: Path, faults: list[str]) -> RunFolder:
    path = (here / text).absolute()
    if not _PLAIN_PATH.fullmatch(str(path)):
        faults.append(
            f"RUN_DIR is {str(path)!r}: only letters, digits and ./_@+- may stand in its path; "
            "choose another folder, for example RUN_DIR=/tmp/decider"
        )
    longest = len(str(path)) + 1 + len(LONGEST_SOCKET_NAME)
    if longest > LONGEST_SOCKET_BYTES:
        faults.append(
            f"RUN_DIR is {len(str(path))} characters long ({path}) and unix sockets inside it allow "
            f"{LONGEST_SOCKET_BYTES - 1 - len(LONGEST_SOCKET_NAME)}: choose a shorter one, "
            "for example RUN_DIR=/tmp/decider"
        )
    return RunFolder(path)


def _upstream(text: str | None, faults: list[str]) -> str | None:
    if text is None:
        return None
    match = _UPSTREAM.fullmatch(text)
    if match and 1 <= int(match["port"]) <= 65_535:
        return f"{match['host']}:{match['port']}"
    faults.append(
        f"UPSTREAM is {text!r}: write host:port or http://host:port, for example UPSTREAM=127.0.0.1:3000; "
        "leave it out for the sample shop"
    )
    return None


def _prefix(text: str, faults: list[str]) -> str:
    if not _PREFIX.fullmatch(text):
        faults.append(
            f"DASHBOARD_PREFIX is {text!r}: write a path between slashes, DASHBOARD_PREFIX=/decider/"
        )
    return text


def _mongodb_uri(text: str | None, faults: list[str]) -> str | None:
    if text is not None and not text.startswith(("mongodb://", "mongodb+srv://")):
        # the value is not repeated: it may hold a password
        faults.append(
            "MONGODB_URI does not start with mongodb:// or mongodb+srv://: correct it, or leave it out"
        )
    return text
