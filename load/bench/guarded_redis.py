"""One Redis and one decider with a single worker, for benchmarks that leave Nginx out."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from redis import Redis

from load.bench.product import UnixConnection
from load.bench.servers import Servers, accepts, program

WORKER_SECONDS = 30.0  # until a worker answers
NANOSECONDS = 1e9
KIBIBYTES_A_MEGABYTE = 1e6 / 1024


@dataclass(frozen=True, slots=True)
class GuardedRedis:
    """``redis_pid`` and ``decider_pid`` (gunicorn's master) are processes of ours."""

    redis_socket: Path
    decider_socket: Path
    redis_pid: int
    decider_pid: int

    @property
    def redis_url(self) -> str:
        """As REDIS_URL takes it."""
        return f"unix://{self.redis_socket}?db=0"

    def redis(self) -> Redis:
        """A connection of the benchmark's own."""
        return Redis(unix_socket_path=str(self.redis_socket), protocol=2)

    @property
    def worker_pid(self) -> int:
        """The process that decides."""
        children = Path(f"/proc/{self.decider_pid}/task/{self.decider_pid}/children").read_text("ascii")
        return int(children.split()[0])

    def cpu_seconds(self) -> tuple[float, float]:
        """What Redis and the worker have computed so far."""
        return cpu_seconds(self.redis_pid), cpu_seconds(self.worker_pid)

    def worker_megabytes(self) -> float:
        """Resident memory of the worker."""
        status = Path(f"/proc/{self.worker_pid}/status").read_text("ascii", "replace")
        found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
        return int(found[1]) / KIBIBYTES_A_MEGABYTE if found else 0.0

    def metric(self, name: str) -> int:
        """A counter of /metrics; heartbeats bring it up to date once a second."""
        text = self.get("/metrics")
        return sum(int(float(value)) for value in re.findall(rf"^decider_{name}\{{.*\}} (\S+)$", text, re.M))

    def get(self, path: str) -> str:
        """What the decider answers."""
        connection: HTTPConnection = UnixConnection(self.decider_socket)
        try:
            connection.request("GET", urlsplit(path).path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()


def start_guarded_redis(
    servers: Servers, name: str, *redis_options: str, policy: Path | None = None
) -> GuardedRedis:
    """Start both under names of their own. Raises RuntimeError when one does not start."""
    redis, decider = servers.folder / f"{name}-redis.sock", servers.folder / f"{name}-decider.sock"
    redis_pid = servers.start(f"{name}-redis", _redis(redis, redis_options), accepts(redis))
    environment = {
        "REDIS_URL": f"unix://{redis}?db=0",
        "DECIDER_BIND": f"unix:{decider}",
        "DECIDER_WORKERS": "1",
        "DECIDER_NODE": "bench",
        "DECIDER_DNS": "off",
        "DECIDER_POLICY": str(policy or ""),
        "DECIDER_MODE": "",
    }
    gunicorn = [
        program("gunicorn"),
        "--no-control-socket",
        "-c",
        "decider/gunicorn_conf.py",
        "decider.asgi:app",
    ]
    decider_pid = servers.start(f"{name}-decider", gunicorn, accepts(decider), environment)
    started = GuardedRedis(redis, decider, redis_pid, decider_pid)
    wait_until_it_decides(started)
    return started


def wait_until_it_decides(started: GuardedRedis) -> None:
    """The socket takes connections before there is a worker. Raises RuntimeError when there never is one."""
    deadline = time.monotonic() + WORKER_SECONDS
    while True:
        try:
            if '"ready": true' in started.get("/readyz"):
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError("the decider's worker does not answer")
        time.sleep(0.05)


def _redis(path: Path, options: Sequence[str]) -> list[str]:
    return [
        *(
            program("redis-server"),
            "--port",
            "0",
            "--unixsocket",
            str(path),
            "--save",
            "",
            "--appendonly",
            "no",
        ),
        *("--maxmemory-policy", "volatile-ttl", *options),
    ]


def cpu_seconds(pid: int) -> float:
    """What a process has computed so far, all its threads together.

    The scheduler counts nanoseconds, /proc/PID/stat only hundredths of a second.
    """
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(one.read_text("ascii").split()[0]) for one in threads) / NANOSECONDS
