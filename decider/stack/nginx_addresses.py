"""Where one gateway listens, what it stands in front of, and where its decider and recorder are reached."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from decider.core.errors import SettingsError

# sockaddr_un holds 107 bytes and a NUL
LONGEST_SOCKET_BYTES = 107
# what nginx files need no quoting for
_PLAIN_PATH = re.compile(r"/[\w./@+-]+", re.ASCII)
_HOST = r"(?P<host>[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])"
_HOST_PORT = re.compile(_HOST + r":(?P<port>\d{1,5})", re.ASCII)
_UPSTREAM_URL = re.compile(r"(?P<scheme>https?)://" + _HOST + r"(?::(?P<port>\d{1,5}))?/?", re.ASCII)
_LISTEN = re.compile(r"(?:(?:[0-9.]+|\[[0-9a-fA-F:.]+\]|\*):)?(?P<port>\d{1,5})", re.ASCII)
QUESTIONS_A_WORKER = 128  # at once; decider/web/admission.py answers no more than that in time
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class NginxAddresses:
    """All that ``nginx/addresses.conf`` names; the defaults are what the shipped file says.

    ``upstream``: ``host:port``, ``http[s]://host[:port]`` or ``unix:/path``. ``decider``: ``unix:/path`` or
    ``host:port``. ``access_log``: ``unix:/path``, ``udp:host:port`` or ``off``. ``trusted_proxies``: networks
    whose X-Forwarded-For is believed. ``listen``: a port, or ``address:port``. ``decider_workers``: how many
    processes share the decider's address.
    """

    upstream: str = "127.0.0.1:3000"
    listen: str = "8080"
    decider: str = "unix:/run/decider/decider.sock"
    open_socket: Path = Path("/run/decider/open.sock")
    access_log: str = "unix:/run/decider/access.sock"
    deny_cache: Path = Path("/run/decider/deny_cache")
    deny_lease: Path = Path("/run/decider/deny.lease")
    temp: Path = Path("/var/cache/decider")
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    decider_workers: int = 1

    @property
    def upstream_server(self) -> str:
        """The application as nginx's ``server`` directive takes it."""
        url = _UPSTREAM_URL.fullmatch(self.upstream)
        if url is None:
            return self.upstream
        return f"{url['host']}:{url['port'] or _DEFAULT_PORTS[url['scheme']]}"

    @property
    def upstream_scheme(self) -> str:
        """``http`` or ``https``."""
        return "https" if self.upstream.startswith("https://") else "http"

    @property
    def most_questions(self) -> int:
        """How many questions Nginx asks at once."""
        return QUESTIONS_A_WORKER * self.decider_workers

    def check(self) -> None:
        """Raises SettingsError with every fault."""
        if faults := list(self._faults()):
            raise SettingsError(faults)

    def _faults(self) -> Iterator[str]:
        if not _is_server(self.upstream) and not _is_port(_UPSTREAM_URL.fullmatch(self.upstream)):
            yield (
                f"upstream is {self.upstream!r}: write host:port, http://host:port, https://host:port or "
                "unix:/path, for example 127.0.0.1:3000"
            )
        if not _is_port(_LISTEN.fullmatch(self.listen)):
            yield f"listen is {self.listen!r}: write a port or address:port, for example 8080"
        if not _is_server(self.decider):
            yield f"decider is {self.decider!r}: write unix:/path or host:port"
        if self.access_log != "off" and not _is_server(self.access_log.removeprefix("udp:")):
            yield f"access_log is {self.access_log!r}: write unix:/path, udp:host:port or off"
        for name, path in (
            ("open_socket", self.open_socket),
            ("deny_cache", self.deny_cache),
            ("deny_lease", self.deny_lease),
        ):
            if not _PLAIN_PATH.fullmatch(str(path)):
                yield _odd_path(name, path)
        if not _PLAIN_PATH.fullmatch(str(self.temp)):
            yield _odd_path("temp", self.temp)
        for name, text in (
            ("upstream", self.upstream),
            ("decider", self.decider),
            ("access_log", self.access_log),
            ("open_socket", f"unix:{self.open_socket}"),
        ):
            if text.startswith("unix:") and len(text.removeprefix("unix:").encode()) > LONGEST_SOCKET_BYTES:
                yield (
                    f"{name} is {text!r}: a unix socket's path has at most {LONGEST_SOCKET_BYTES} bytes; "
                    "choose a shorter folder"
                )
        for network in self.trusted_proxies:
            try:
                ipaddress.ip_network(network)
            except ValueError:
                yield f"trusted proxy {network!r}: write an address or a network, for example 10.0.0.0/8"


def _is_server(text: str) -> bool:
    if text.startswith("unix:"):
        return _PLAIN_PATH.fullmatch(text.removeprefix("unix:")) is not None
    return _is_port(_HOST_PORT.fullmatch(text))


def _is_port(match: re.Match[str] | None) -> bool:
    return match is not None and (match["port"] is None or 1 <= int(match["port"]) <= 65_535)


def _odd_path(name: str, path: Path) -> str:
    return f"{name} is {str(path)!r}: write an absolute path of letters, digits and ./_@+- only"
