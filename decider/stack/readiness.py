"""How a service shows that it is ready: each probe asks once, quickly, and says yes or no.

As a program it is the health check of a container: exit status 0 is ready, 1 is not.

    python -m decider.stack.readiness unix:/run/decider/decider.sock /readyz
    python -m decider.stack.readiness tcp:127.0.0.1:8050 /
    python -m decider.stack.readiness datagram:/run/decider/access.sock
"""

from __future__ import annotations

import argparse
import http.client
import socket
import sys
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


def receives(socket_path: Path) -> Probe:
    """Ready when a process holds the datagram socket; the file alone outlives its process."""

    def ask() -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            try:
                sender.connect(str(socket_path))
            except OSError:
                return False
            return True

    return ask


def receives_at(port: int) -> Probe:
    """Ready when a process holds the UDP port of 127.0.0.1: else the kernel refuses what came before."""

    def ask() -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(("127.0.0.1", port))
            try:
                sender.send(b"")
                sender.send(b"")
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


def main(arguments: list[str] | None = None) -> int:
    """Probe one address once."""
    parser = argparse.ArgumentParser(
        prog="python -m decider.stack.readiness", description="Exit status 0 when the service is ready."
    )
    parser.add_argument("address", help="unix:PATH or tcp:HOST:PORT for HTTP, datagram:PATH for a log socket")
    parser.add_argument("path", nargs="?", default="/", help="what to GET over HTTP (default: /)")
    chosen = parser.parse_args(arguments)
    probe = _probe(chosen.address, chosen.path)
    if probe is None:
        parser.error(f"{chosen.address!r} is no address: write unix:PATH, tcp:HOST:PORT or datagram:PATH")
    return 0 if probe() else 1


def _probe(address: str, path: str) -> Probe | None:
    kind, _, place = address.partition(":")
    host, _, port = place.rpartition(":")
    if kind == "datagram" and place:
        return receives(Path(place))
    if kind == "unix" and place:
        return answers_http(path, Path(place))
    if kind == "tcp" and host and port.isdigit():
        return answers_http(path, (host, int(port)))
    return None


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


if __name__ == "__main__":
    sys.exit(main())
