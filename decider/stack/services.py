"""Which processes make up one running copy, with their command lines and how each shows that it is ready."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from decider.core.errors import SettingsError
from decider.stack.readiness import Probe, answers_http, answers_redis_ping, listens, receives_at
from decider.stack.settings import StackSettings

PROJECT = Path(__file__).resolve().parents[2]
_BIN = Path(sys.executable).parent

# secantusd-rs is the fastest; the others speak the same protocol where its wheel is not to be had
MONGO_PROGRAMS = ("secantusd-rs", "secantusd-mdb", "secantusd-py")
# without it the server checkpoints only at close and its log grows without bound
MONGO_ENVIRONMENT = {"SECANTUS_WT_CONFIG_EXTRA": "checkpoint=(wait=60,log_size=256MB)"}
REDIS_MEMORY = "256mb"  # about 600,000 clients at rest; volatile-ttl then drops the ones that expire first


class Stage(IntEnum):
    """Stopped from last to first, so that nothing loses the server it still writes to."""

    STORES = 1
    DECIDING = 2
    EDGE = 3


@dataclass(frozen=True, slots=True)
class Service:
    """One supervised process.

    ``stop_seconds`` is how long it may take to end before it is killed; ``last`` starts it when all others
    are ready: a gateway that opens before its decider would let its first requests through undecided.
    """

    name: str
    argv: tuple[str, ...]
    stage: Stage
    ready: Probe
    stop_seconds: int = 10
    last: bool = False

    @property
    def supervisor_name(self) -> str:
        """Supervisor's name for it."""
        return f"{self.stage.name.lower()}:{self.name}"


@dataclass(frozen=True, slots=True)
class Stack:
    """The services of one copy and the addresses they share; ``upstream`` is ``host:port``."""

    services: tuple[Service, ...]
    environment: Mapping[str, str]
    upstream: str


def build_stack(settings: StackSettings) -> Stack:
    """Decide what runs. Raises SettingsError when a program that must be started is not installed."""
    folder = settings.folder
    mongo_port, shop_port = _free_ports(2)
    (access_port,) = _free_ports(1, socket.SOCK_DGRAM)
    upstream = settings.upstream or f"127.0.0.1:{shop_port}"
    mongodb_uri = settings.mongodb_uri or f"mongodb://127.0.0.1:{mongo_port}/decider?directConnection=true"
    environment = {
        "REDIS_URL": settings.redis_url or f"unix://{folder.redis_socket}?db=0",
        "MONGODB_URI": mongodb_uri,
        "DECIDER_BIND": f"unix:{folder.decider_socket}",
        "DECIDER_DENY_LEASE": str(folder.deny_lease),
        # UDP: the kernel holds thousands of lines for a busy recorder and counts what does not fit; a unix
        # socket holds ten, and what is lost there nobody knows
        "ACCESS_LOG_BIND": f"udp:127.0.0.1:{access_port}",
        "DASHBOARD_BIND": f"127.0.0.1:{settings.dashboard_port}",
        "RUN_DIR": str(folder.path),
        "PYTHONUNBUFFERED": "1",  # a log line is shown when it is written
        **MONGO_ENVIRONMENT,
        **settings.passed_on,
    }
    faults: list[str] = []
    services = tuple(_services(settings, mongo_port, access_port, upstream, faults))
    if faults:
        raise SettingsError(faults)
    return Stack(services=services, environment=environment, upstream=upstream)


def _services(
    settings: StackSettings, mongo_port: int, access_port: int, upstream: str, faults: list[str]
) -> Iterator[Service]:
    folder = settings.folder
    # without its control socket: two copies would share one file in the home folder
    gunicorn = (str(_BIN / "gunicorn"), "--no-control-socket", "--log-level", "warning")
    python = sys.executable
    if settings.redis_url is None:
        yield Service(
            "redis", _redis(settings, faults), Stage.STORES, answers_redis_ping(folder.redis_socket)
        )
    if settings.mongodb_uri is None:
        ready = listens("127.0.0.1", mongo_port)
        yield Service("mongo", _mongo(settings, mongo_port, faults), Stage.STORES, ready, stop_seconds=15)
    yield Service(
        "decider",
        (*gunicorn, "--config", str(PROJECT / "decider" / "gunicorn_conf.py"), "decider.asgi:app"),
        Stage.DECIDING,
        answers_http("/readyz", folder.decider_socket),
    )
    yield Service("recorder", (python, "-m", "decider.recorder"), Stage.DECIDING, receives_at(access_port))
    yield Service(
        "dashboard",
        (*gunicorn, "--config", str(PROJECT / "dash_app" / "gunicorn_conf.py"), "dash_app.wsgi:server"),
        Stage.EDGE,
        answers_http("/healthz", ("127.0.0.1", settings.dashboard_port)),
    )
    if settings.upstream is None:
        conf = str(PROJECT / "load" / "shop" / "gunicorn_conf.py")
        shop = (*gunicorn, "--config", conf, "--bind", upstream, "load.shop.wsgi:app")
        yield Service("shop", shop, Stage.EDGE, listens("127.0.0.1", int(upstream.rpartition(":")[2])))
    ready = answers_http("/", ("127.0.0.1", settings.gateway_port))
    yield Service("nginx", _nginx(settings, faults), Stage.EDGE, ready, last=True)


def _redis(settings: StackSettings, faults: list[str]) -> tuple[str, ...]:
    return (
        _program(("redis-server",), "make run (installs it) or set REDIS_URL", faults),
        *("--port", "0", "--unixsocket", str(settings.folder.redis_socket), "--unixsocketperm", "700"),
        *("--dir", str(settings.folder.redis), "--daemonize", "no", "--loglevel", "warning"),
        # counters live for minutes and bans are re-applied from MongoDB: nothing is worth a disk write
        *("--save", "", "--appendonly", "no"),
        *("--maxmemory", REDIS_MEMORY, "--maxmemory-policy", "volatile-ttl"),
    )


def _mongo(settings: StackSettings, port: int, faults: list[str]) -> tuple[str, ...]:
    program = _program(MONGO_PROGRAMS, "make run (installs it) or set MONGODB_URI", faults)
    return (
        program,
        *("--host", "127.0.0.1", "--port", str(port), "--storage-path", str(settings.folder.mongo)),
        # the default is 4G; dashboards of a small site read far less
        *("--cache-size", "512M"),
        # an acknowledged event must survive kill -9
        "--sync-on-commit",
        *(() if program.endswith("-py") else ("--log-file-max", "64MB", "--log-level", "WARNING")),
    )


def _nginx(settings: StackSettings, faults: list[str]) -> tuple[str, ...]:
    folder = settings.folder
    nginx = _program(("nginx",), "make run (installs it)", faults)
    # nginx does not bind over the socket that a killed master left
    script = 'rm -f "$1"; shift; exec "$@"'
    conf = str(folder.nginx / "nginx.conf")
    return (
        *("/bin/sh", "-c", script, "nginx", str(folder.open_socket)),
        *(nginx, "-p", str(folder.nginx), "-e", "stderr", "-c", conf, "-g", "daemon off;"),
    )


def _program(names: tuple[str, ...], remedy: str, faults: list[str]) -> str:
    places = (str(_BIN), str(PROJECT / ".venv-mongo" / "bin"), None, "/usr/sbin", "/usr/local/sbin")
    for name in names:
        for place in places:
            if found := shutil.which(name, path=place):
                return found
    faults.append(f"{names[0]} is not installed: run {remedy}")
    return names[0]


def _free_ports(count: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[int]:
    """Ports nobody listens on now; all held until all are found, so that they differ."""
    sockets = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
