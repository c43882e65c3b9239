"""A real nginx with the shipped files, between a scripted decider and a scripted application.

``render`` makes the folder once; ``RunningNginx`` is one process on it. Everything is driven from outside:
requests over TCP, the access log as datagrams, the error log as a file.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import ROOT, dies_with_us, free_port
from tests.system.nginx.scripted_server import Headers, ScriptedServer

PYTHON = ROOT / ".venv" / "bin" / "python"
RENDER = (str(PYTHON), "-m", "decider.stack.nginx_files")
START_SECONDS = 10.0
PATIENCE_SECONDS = 5.0  # a datagram takes microseconds; a busy machine gets more


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything of one gateway is."""

    folder: Path
    port: int
    application_port: int

    @property
    def conf(self) -> Path:
        return self.folder / "nginx" / "nginx.conf"

    @property
    def addresses(self) -> Path:
        return self.folder / "nginx" / "addresses.conf"

    @property
    def decider_socket(self) -> Path:
        return self.folder / "decider.sock"

    @property
    def open_socket(self) -> Path:
        return self.folder / "open.sock"

    @property
    def access_socket(self) -> Path:
        return self.folder / "access.sock"

    @property
    def deny_cache(self) -> Path:
        return self.folder / "deny_cache"

    @property
    def deny_lease(self) -> Path:
        return self.folder / "deny.lease"


def render(folder: Path, *more: str, log_format: str = "decider_json") -> Places:
    """Write a gateway's files with the program that operators use.

    The log's lines tell all that the format for files has, unless ``log_format`` is the recorder's.
    """
    places = Places(folder, free_port(), free_port())
    done = subprocess.run(
        [
            *(*RENDER, str(folder / "nginx"), "--listen", f"127.0.0.1:{places.port}"),
            *("--upstream", f"127.0.0.1:{places.application_port}"),
            *("--decider", f"unix:{places.decider_socket}", "--open-socket", str(places.open_socket)),
            *("--access-log", f"unix:{places.access_socket}"),
            *("--deny-cache", str(places.deny_cache), "--deny-lease", str(places.deny_lease)),
            *("--temp", str(folder / "temp"), *more),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    addresses = folder / "nginx" / "addresses.conf"
    text = addresses.read_text(encoding="utf-8")
    assert " decider_recorder;" in text
    addresses.write_text(text.replace(" decider_recorder;", f" {log_format};"), encoding="utf-8")
    return places


@dataclass(frozen=True, slots=True)
class Reply:
    """What the client saw; header names in lower case."""

    status: int
    headers: Headers
    body: bytes
    seconds: float


class AccessLog:
    """Receives the access log as the recorder does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.datagrams: list[bytes] = []
        self._socket: socket.socket | None = None
        self._reads = threading.Event()

    def start(self) -> None:
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(str(self._path))
        self._path.chmod(0o666)
        self._reads.set()
        threading.Thread(target=self._receive, args=(self._socket,), daemon=True).start()

    def stop(self) -> None:
        """As a killed recorder: the file stays, nobody listens."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()

    def pause(self) -> None:
        """As a recorder that is busy: the socket is there and nobody reads it."""
        self._reads.clear()

    def lines(self, count: int) -> list[dict[str, str]]:
        """The first ``count`` lines; waits until they are here."""
        eventually(lambda: len(self.datagrams) >= count, lambda: f"{len(self.datagrams)} of {count} lines")
        return [
            json.loads(one[one.index(b"{") :].decode("utf-8", "replace")) for one in self.datagrams[:count]
        ]

    def _receive(self, source: socket.socket) -> None:
        with suppress(OSError):
            while datagram := source.recv(1 << 18):
                self.datagrams.append(datagram)
                while not self._reads.wait(0.1) and source.fileno() >= 0:
                    pass


@dataclass
class RunningNginx:
    """One nginx process with its neighbours."""

    places: Places
    decider: ScriptedServer
    application: ScriptedServer
    log: AccessLog
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def errors(self) -> str:
        """nginx's own error log."""
        return (self.places.folder / "error.log").read_text(errors="replace")

    def start(self) -> None:
        """Start and wait until it accepts connections."""
        shutil.rmtree(self.places.deny_cache, ignore_errors=True)
        self.places.deny_lease.unlink(missing_ok=True)
        with (self.places.folder / "error.log").open("wb") as errors:
            self.process = subprocess.Popen(
                dies_with_us([nginx(), "-e", "stderr", "-c", str(self.places.conf), "-g", "daemon off;"]),
                stderr=errors,
            )
        eventually(self._accepts, lambda: f"nginx does not start: {self.errors}", START_SECONDS)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(START_SECONDS)

    def ask(
        self,
        target: str = "/",
        method: str = "GET",
        headers: Headers | None = None,
        body: bytes | None = None,
        source: str = "127.0.0.1",
    ) -> Reply:
        """One request on a connection of its own, from ``source``."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.places.port, timeout=20, source_address=(source, 0)
        )
        started = time.perf_counter()
        try:
            connection.request(method, target, body=body, headers=headers or {})
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        seen = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, seen, content, time.perf_counter() - started)

    def send(self, raw: bytes) -> bytes:
        """Bytes that a proper client would not send, and what comes back until nginx closes."""
        with self.connect() as connection:
            connection.sendall(raw)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    def connect(self) -> socket.socket:
        """A connection to the gateway."""
        return socket.create_connection(("127.0.0.1", self.places.port), timeout=20)

    def _accepts(self) -> bool:
        assert self.process is None or self.process.poll() is None, self.errors
        with suppress(OSError), self.connect():
            return True
        return False


@contextmanager
def running(nginx_process: RunningNginx) -> Iterator[RunningNginx]:
    """Everything started, and gone afterwards."""
    try:
        nginx_process.log.start()
        nginx_process.decider.start()
        nginx_process.application.start()
        nginx_process.start()
        yield nginx_process
    finally:
        nginx_process.stop()
        nginx_process.application.stop()
        nginx_process.decider.stop()
        nginx_process.log.stop()


def nginx() -> str:
    """The program; a missing one is a failure that names the remedy."""
    path = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert path, "nginx is not installed: apt-get install nginx"
    return path


def eventually(
    holds: Callable[[], bool], message: Callable[[], str], seconds: float = PATIENCE_SECONDS
) -> None:
    """Poll with a deadline."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, message()
        time.sleep(0.01)
