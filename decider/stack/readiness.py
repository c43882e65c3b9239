"""How a service shows that it is ready: each probe asks once, quickly, and says yes or no."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from pathlib import Path

Probe = Callable[[], bool]
Address = tuple[str, int] | Path

PROBE_TIMEOUT_SECONDS = 1.0
_SERVER_ERROR = 500


def answers_http(path: str, address: Address) -> Probe:
    """Ready when ``GET path`` is answered with anything but a server error."""

    def ask() -> bool:
        connection = _Connection(address)
        try:
            connection.request("GET", path, headers={"User-Agent": "decider-stack"})
            return connection.getresponse().status < _SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ask


def listens(host: str, port: int) -> Probe:
    """Ready when the port accepts a connection."""

    def ask() -> bool:
        try:
            _connect((host, port)).close()
        except OSError:
            return False
        return True

    return ask


def answers_redis_ping(socket_path: Path) -> Probe:
    """Ready when Redis answers PING; it answers an error while it loads."""

    def ask() -> bool:
        try:
            with _connect(socket_path) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    return ask


class _Connection(http.client.HTTPConnection):
    """HTTP over TCP or a unix socket."""

    def __init__(self, address: Address) -> None:
        super().__init__("localhost", timeout=PROBE_TIMEOUT_SECONDS)
        self._address = address

    def connect(self) -> None:
        self.sock = _connect(self._address)


def _connect(address: Address) -> socket.socket:
    if isinstance(address, tuple):
        return socket.create_connection(address, timeout=PROBE_TIMEOUT_SECONDS)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PROBE_TIMEOUT_SECONDS)
    try:
        connection.connect(str(address))
    except OSError:
        connection.close()
        raise
    return connection
