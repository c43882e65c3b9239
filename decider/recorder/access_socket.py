"""The socket on which Nginx's access log arrives as syslog datagrams.

UDP has a receive buffer of megabytes and the kernel counts what did not fit. A unix datagram socket takes
only ``net.unix.max_dgram_qlen`` lines (often 10) before Nginx has to drop some, and nobody counts those: for
more than some hundred requests a second use UDP, or raise that limit before the recorder starts.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import stat
import struct
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from decider.core.errors import SettingsError

RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024  # some 3,000 lines: 100 ms of a flood while this process is busy
WAKE_SECONDS = 0.2  # how often an idle reader looks whether it is to stop
SO_RCVBUFFORCE = 33  # Linux: beyond net.core.rmem_max, for root; Python has no name for it
LONGEST_PATH_BYTES = 107  # sockaddr_un
_UDP = re.compile(r"udp:(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
_UDP_TABLES = (Path("/proc/net/udp"), Path("/proc/net/udp6"))


@dataclass(frozen=True, slots=True)
class AccessBind:
    """``unix:/path`` or ``udp:host:port``, taken apart; ``path`` is None for UDP."""

    text: str
    path: Path | None
    host: str = ""
    port: int = 0


def parse_bind(text: str) -> AccessBind | None:
    """Read ACCESS_LOG_BIND; None when it is neither form."""
    if text.startswith("unix:/") and len(text.encode()) - len("unix:") <= LONGEST_PATH_BYTES:
        return AccessBind(text, Path(text.removeprefix("unix:")))
    match = _UDP.fullmatch(text)
    if match and 1 <= int(match["port"]) <= 65_535:
        return AccessBind(text, None, match["host"].strip("[]"), int(match["port"]))
    return None


def open_access_socket(bind: AccessBind) -> socket.socket:
    """Bind it. Raises SettingsError when the address is taken or not ours to take."""
    try:
        bound = _unix(bind.path) if bind.path else _udp(bind.host, bind.port)
    except OSError as error:
        fault = f"ACCESS_LOG_BIND = {bind.text!r} cannot be bound ({error.strerror or error})"
        raise SettingsError([f"{fault}: free it, create its folder, or write another address"]) from error
    bound.setblocking(True)
    whole, micro = int(WAKE_SECONDS), int(WAKE_SECONDS % 1 * 1_000_000)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", whole, micro))
    try:
        bound.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
    except OSError:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    return bound


def close_access_socket(bound: socket.socket) -> None:
    """Close it; its file goes too, so that nobody takes it for a recorder that listens."""
    path = bound.getsockname() if bound.family == socket.AF_UNIX else ""
    bound.close()
    if path:
        Path(path).unlink(missing_ok=True)


def kernel_drops(bound: socket.socket) -> int | None:
    """Datagrams that did not fit into the buffer so far; None where the kernel does not count them."""
    if bound.family == socket.AF_UNIX:
        return None
    inode = str(os.fstat(bound.fileno()).st_ino)
    for table in _UDP_TABLES:
        with suppress(OSError):
            for line in table.read_text().splitlines()[1:]:
                columns = line.split()
                if len(columns) > 12 and columns[9] == inode:
                    return int(columns[12])
    return None


def _unix(path: Path) -> socket.socket:
    """A file that a dead recorder left is replaced; one that a living recorder listens on is not."""
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as probe:
            if probe.connect_ex(str(path)) != errno.ECONNREFUSED:
                raise OSError("another recorder listens there")
        path.unlink()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    bound.bind(str(path))
    path.chmod(0o666)  # nginx's workers run under another user; the folder decides who gets here
    return bound


def _udp(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    bound = socket.socket(family, kind)
    bound.bind(address)
    return bound
