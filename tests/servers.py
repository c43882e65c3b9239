"""Real servers for tests: each in a folder of its own, on a free port, gone when the test run is gone.

    with redis_server(tmp_path) as redis:
        Redis.from_url(redis.url)
        redis.kill()      # as kill -9 does
        redis.start()     # the same folder and port again

A missing program is a failure that names the command to install it, never a skip.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError
from redis import Redis
from redis.exceptions import RedisError

PORTS = 10_000, 22_000  # a cluster's nodes listen 10,000 above, too; Linux gives 32,768 and up to connections
CHANCE = random.SystemRandom()  # two test runs side by side seldom try the same
ROOT = Path(__file__).resolve().parent.parent
MONGO_PROGRAMS = ("secantusd-rs", "secantusd-mdb", "secantusd-py")  # the native server first
START_SECONDS = 20.0  # both servers are up within two; a busy machine gets ten times that
STOP_SECONDS = 15.0  # the embedded server may take seconds to close a large store


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nobody listens on now.

    Below those that the system gives to outgoing connections: whoever connects meanwhile cannot take it.
    """
    while True:
        port = CHANCE.randrange(*PORTS)
        with closing(socket.socket(socket.AF_INET, kind)) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Server:
    """One server process that can be stopped, killed and started again on the same port and folder."""

    command: Sequence[str]
    port: int
    url: str
    folder: Path
    is_ready: Callable[[str], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the server wrote so far."""
        path = self.folder / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start and wait until it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                dies_with_us(self.command),
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, **self.environment},
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready(self.url):
            assert self.process.poll() is None, f"{self.command[0]} ended at once:\n{self.log[-2000:]}"
            assert time.monotonic() < deadline, f"{self.command[0]} does not answer:\n{self.log[-2000:]}"
            time.sleep(0.02)

    def stop(self) -> None:
        """Ask it to end; end it by force when it does not."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as kill -9 does: nothing is flushed, nobody is told."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it from running: connections stay open and nothing answers."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it run again."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        if how is not signal.SIGKILL:
            self.process.send_signal(signal.SIGCONT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_SECONDS)
        self.process = None


def dies_with_us(command: Sequence[str]) -> list[str]:
    """The command, ended by the kernel when this test run ends, however it ends."""
    return ["setpriv", "--pdeathsig", "KILL", *command]


@contextmanager
def redis_server(folder: Path, *options: str, port: int | None = None) -> Iterator[Server]:
    """A Redis that keeps nothing on disk, as the stack starts it; ``options`` are added to its command."""
    program = _program("redis-server", "apt-get install redis-server")
    port = port or free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    command += ["--maxmemory-policy", "volatile-ttl", *options]
    with _running(Server(command, port, f"redis://127.0.0.1:{port}/0", _made(folder), _redis_answers)) as one:
        yield one


@contextmanager
def mongo_server(folder: Path) -> Iterator[Server]:
    """The embedded MongoDB-compatible server with the flags that make an acknowledged write durable."""
    program = next(
        (str(path) for name in MONGO_PROGRAMS if (path := ROOT / ".venv-mongo/bin" / name).exists()), ""
    )
    assert program, "no MongoDB-compatible server in .venv-mongo: make test installs it"
    port = free_port()
    command = [program, "--host", "127.0.0.1", "--port", str(port), "--storage-path", str(folder / "store")]
    command += ["--cache-size", "512M", "--sync-on-commit", "--log-level", "WARNING"]
    if not program.endswith("-py"):
        command += ["--log-file-max", "64MB"]
    url = f"mongodb://127.0.0.1:{port}/decider?directConnection=true"
    environment = {"SECANTUS_WT_CONFIG_EXTRA": "checkpoint=(wait=60,log_size=256MB)"}
    with _running(Server(command, port, url, _made(folder), _mongo_answers, environment)) as one:
        yield one


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _program(name: str, remedy: str) -> str:
    path = shutil.which(name)
    assert path, f"{name} is not installed: {remedy}"
    return path


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _redis_answers(url: str) -> bool:
    try:
        with closing(Redis.from_url(url, socket_timeout=1)) as client:
            return bool(client.ping())
    except (RedisError, OSError):
        return False


def _mongo_answers(url: str) -> bool:
    try:
        with MongoClient[dict[str, object]](url, serverSelectionTimeoutMS=500) as client:
            return bool(client.admin.command("ping").get("ok"))
    except PyMongoError:
        return False
