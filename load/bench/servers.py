"""The servers of the benchmark, on free ports in a folder of their own, gone when it ends."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

READY_SECONDS = 30.0
STOP_SECONDS = 10.0
MEMORY = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it
MEMORY_BYTES = 256 * 1024**2  # three deny caches of 64 MB each, and some
HUNG_BACKLOG = 4_096  # connections that nobody takes; one every two seconds comes in
PROJECT = Path(__file__).resolve().parents[2]
_BIN = Path(sys.executable).parent


class Servers:
    """Starts processes, waits until each answers, and stops them all in the end, last first.

    Sockets, files and logs of theirs go into ``folder``; what is written all the time, into ``disk``.
    """

    def __init__(self, folder: Path, disk: Path) -> None:
        self.folder = folder
        self.disk = disk
        self._processes: list[subprocess.Popen[bytes]] = []
        self._listeners: list[socket.socket] = []

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self._processes):
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for listener in self._listeners:
            listener.close()

    def start(
        self,
        name: str,
        argv: Sequence[str],
        ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> int:
        """Its process id. Raises RuntimeError with the end of its log when it does not get ready."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                # ended by the kernel should the benchmark be killed
                ["setpriv", "--pdeathsig", "TERM", "--", *argv],
                cwd=PROJECT,
                env={**os.environ, **(environment or {})},
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C is for us, who then end them in order
            )
        self._processes.append(process)
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} does not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        return process.pid

    def listen_without_answering(self, path: Path) -> None:
        """A server that hangs: the kernel takes connections, nobody reads them."""
        listener = socket.socket(socket.AF_UNIX)
        self._listeners.append(listener)
        listener.bind(str(path))
        listener.listen(HUNG_BACKLOG)


@contextmanager
def servers_in_folders() -> Iterator[Servers]:
    """Folders of their own, removed with the servers; ``folder`` is in memory where the system has room."""
    with (
        TemporaryDirectory(prefix="bench-", dir=_memory()) as folder,
        TemporaryDirectory(prefix="bench-") as disk,
        Servers(Path(folder), Path(disk)) as servers,
    ):
        yield servers


def _memory() -> Path | None:
    """Where a deny cache belongs; None, which is the disk, where a container has but a few megabytes."""
    try:
        shared = os.statvfs(MEMORY)
    except OSError:
        return None
    roomy = shared.f_bavail * shared.f_frsize >= MEMORY_BYTES
    return MEMORY if roomy and os.access(MEMORY, os.W_OK) else None


def program(name: str) -> str:
    """Its path, from our environment first. Raises RuntimeError when it is not installed."""
    for place in (str(_BIN), None, "/usr/sbin"):
        if found := shutil.which(name, path=place):
            return found
    raise RuntimeError(f"{name} is not installed: `make bench` installs what it needs")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> Callable[[], bool]:
    """Ready when ``url`` is answered at all: a 403 is an answer too."""

    def ask() -> bool:
        try:
            urlopen(url, timeout=2).close()  # noqa: S310  a server of ours on loopback
        except URLError as error:
            return hasattr(error, "code")
        except OSError:
            return False
        return True

    return ask


def accepts(socket_path: Path) -> Callable[[], bool]:
    """Ready when the unix socket takes a connection."""

    def ask() -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(socket_path)) == 0

    return ask


def redis_says(redis: Path, *command: str) -> str:
    """What the Redis at this socket answers. Raises RuntimeError when it refuses or is not there."""
    argv = [program("redis-cli"), "-s", str(redis), "-e", *command]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"Redis does not do {command[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()
