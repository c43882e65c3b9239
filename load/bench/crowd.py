"""Asks a decider directly, as Nginx does, faster than it can answer: what Nginx costs is not part of it.

Every connection has a few questions under way; the decider answers those of one connection in their order.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path

CONNECTIONS = 32  # decisions under way at once: busy, and far from where a worker begins to shed
QUESTIONS_A_TURN = 8  # on each connection, before the answers are read
TIMEOUT_SECONDS = 30.0
_END_OF_ANSWER = b"\r\n\r\n"  # every answer is empty
_STATUS = slice(9, 12)  # after "HTTP/1.1 "
_IDS = count()


def question(address: str, target: str = "/", agent: str = "Mozilla/5.0 (X11; Linux x86_64)") -> bytes:
    """What Nginx would ask about one request of this client."""
    return (
        "GET /v1/decide HTTP/1.1\r\nHost: decider\r\n"
        f"X-Real-IP: {address}\r\nX-Request-ID: {next(_IDS):032x}\r\nX-Original-Method: GET\r\n"
        f"X-Original-URI: {target}\r\nX-Original-Host: shop.example\r\nUser-Agent: {agent}\r\n"
        "Referer: https://shop.example/\r\nAccept: text/html,*/*\r\nAccept-Language: en-GB,en\r\n"
        "Accept-Encoding: gzip\r\n\r\n"
    ).encode()


class Crowd:
    """Connections to one decider's socket."""

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        self._sockets = sockets

    def ask(self, questions: Iterable[bytes]) -> Counter[str]:
        """Ask everything; how often each status came. Raises RuntimeError when a connection breaks."""
        statuses: Counter[str] = Counter()
        rest = iter(questions)
        while turn := tuple(islice(rest, CONNECTIONS * QUESTIONS_A_TURN)):
            asked = [
                (one, turn[place :: len(self._sockets)])
                for place, one in enumerate(self._sockets)
                if turn[place:]
            ]
            for one, mine in asked:
                one.sendall(b"".join(mine))
            for one, mine in asked:
                statuses.update(_statuses(one, len(mine)))
        return statuses


@contextmanager
def crowd(socket_path: Path) -> Iterator[Crowd]:
    """Connected while the block runs."""
    sockets = []
    try:
        for _ in range(CONNECTIONS):
            one = socket.socket(socket.AF_UNIX)
            one.settimeout(TIMEOUT_SECONDS)
            one.connect(str(socket_path))
            sockets.append(one)
        yield Crowd(sockets)
    finally:
        for one in sockets:
            one.close()


def _statuses(connection: socket.socket, wanted: int) -> list[str]:
    data = b""
    while data.count(_END_OF_ANSWER) < wanted:
        try:
            chunk = connection.recv(65_536)
        except OSError as error:
            raise RuntimeError(f"the decider did not answer: {error}") from error
        if not chunk:
            raise RuntimeError("the decider closed a connection")
        data += chunk
    return [answer[_STATUS].decode() for answer in data.split(_END_OF_ANSWER)[:wanted]]
