"""Small real HTTP servers whose answers a test scripts, wrong ones included; and what they were asked.

The decider's own answers are tested with the decider. Here nginx must meet answers that the decider never
gives: none in time, 500, half a head, somebody else's page. Bytes are kept as they came: nginx passes on
header values that a strict parser refuses.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: header names in lower case, values as latin-1; a repeated name keeps its last value."""

    method: str
    target: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """``raw`` is sent instead of an HTTP answer and ends the connection; ``hang`` sends nothing at all."""

    status: int = 204
    headers: Headers = field(default_factory=dict)
    body: bytes = b""
    raw: bytes | None = None
    hang: bool = False


class ScriptedServer:
    """Listens on a unix socket or a port of 127.0.0.1; ``answer`` may be changed at any time."""

    def __init__(self, address: Path | int, answer: Callable[[Asked], Answer]) -> None:
        self.address = address
        self.answer = answer
        self.asked: list[Asked] = []
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._stopping = threading.Event()
        self._listener: socket.socket | None = None

    def start(self) -> None:
        """Listen, also again after ``stop``."""
        self._stopping.clear()
        if isinstance(self.address, Path):
            self.address.unlink(missing_ok=True)
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self.address))
            self.address.chmod(0o666)  # nginx's workers may be another user
        else:
            self._listener = socket.create_server(("127.0.0.1", self.address))
        self._listener.listen(128)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Close everything: who asks now is refused."""
        self._stopping.set()
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if isinstance(self.address, Path):
            self.address.unlink(missing_ok=True)

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # the other side may be gone at any moment
        with connection, suppress(OSError):
            stream = connection.makefile("rb")
            while (asked := _read(stream)) is not None:
                self.asked.append(asked)
                answer = self.answer(asked)
                if answer.hang:
                    self._stopping.wait(30)
                    return
                if answer.raw is not None:
                    connection.sendall(answer.raw)
                    return
                connection.sendall(_head(answer) + answer.body)
                if answer.status == 101:
                    while data := connection.recv(65_536):
                        connection.sendall(data)
                    return
        self._open.discard(connection)


@contextmanager
def serving(server: ScriptedServer) -> Iterator[ScriptedServer]:
    """The server, started now and stopped afterwards."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _read(stream: BinaryIO) -> Asked | None:
    line = stream.readline()
    if not line.strip():
        return None
    method, _, rest = line.decode("latin-1").rstrip("\r\n").partition(" ")
    headers: Headers = {}
    while (line := stream.readline()).rstrip(b"\r\n"):
        name, _, value = line.decode("latin-1").rstrip("\r\n").partition(":")
        headers[name.lower()] = value.removeprefix(" ")
    body = b""
    if headers.get("transfer-encoding") == "chunked":
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    elif length := int(headers.get("content-length", "0")):
        body = stream.read(length)
    return Asked(method, rest.rpartition(" ")[0], headers, body)


def _head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} Scripted"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    if answer.status not in (101, 204, 304):
        lines.append(f"Content-Length: {len(answer.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
