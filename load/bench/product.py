"""The product's own processes, started as `make run` starts them, with addresses of the benchmark."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from pathlib import Path

from load.bench.clients import DENIED_NETWORK
from load.bench.nginx_conf import lease_of
from load.bench.servers import PROJECT, Servers, accepts, free_port, program

MONGO_PROGRAMS = ("secantusd-rs", "secantusd-mdb", "secantusd-py")  # as `make run` looks for them
MONGO_MISSING = "not measured: the embedded MongoDB-compatible server is missing, `make run` installs it"
NODE = "bench"
# what the shell may have set and a benchmark of the shipped product must not inherit
_FOREIGN = (
    *("DECIDER_POLICY", "DECIDER_PROFILE", "DECIDER_MODE", "DECIDER_ALLOW_STATUS", "DECIDER_DNS"),
    *("REDIS_SHARDS", "GEOIP_COUNTRY_DB", "GEOIP_ASN_DB", "GEOIP_CITY_DB"),
)


def start_redis(servers: Servers) -> tuple[Path, int]:
    """Its socket and process id."""
    path = servers.folder / "redis.sock"
    argv = [program("redis-server"), "--port", "0", "--unixsocket", str(path), "--save", ""]
    argv += ["--appendonly", "no", "--maxmemory-policy", "volatile-ttl"]
    return path, servers.start("redis", argv, accepts(path))


def start_decider(servers: Servers, name: str, settings: Mapping[str, str]) -> tuple[Path, int]:
    """Its socket and process id. ``settings``: environment variables besides bind, node and workers."""
    path = servers.folder / f"{name}.sock"
    bound = {"DECIDER_BIND": f"unix:{path}", "DECIDER_WORKERS": "1", "DECIDER_NODE": NODE}
    bound["DECIDER_DENY_LEASE"] = str(lease_of(path))
    argv = [program("gunicorn"), "--no-control-socket", "-c", "decider/gunicorn_conf.py", "decider.asgi:app"]
    return path, servers.start(f"decider-{name}", argv, _decides(path), _clean(bound | dict(settings)))


def start_recorder(servers: Servers, redis_url: str) -> str | None:
    """Where it receives the access log, over UDP as in `make run`; None where there is no MongoDB for it."""
    mongo = next((found for name in MONGO_PROGRAMS if (found := _embedded(name))), None)
    if mongo is None:
        return None
    port, store = free_port(), servers.disk / "mongo"
    store.mkdir()
    argv = [mongo, "--host", "127.0.0.1", "--port", str(port), "--storage-path", str(store)]
    argv += ["--cache-size", "512M", "--sync-on-commit"]
    servers.start("mongo", argv, _listens(port))
    address = f"127.0.0.1:{(log_port := free_port(socket.SOCK_DGRAM))}"
    settings = {
        "REDIS_URL": redis_url,
        "MONGODB_URI": f"mongodb://127.0.0.1:{port}/decider?directConnection=true",
        "ACCESS_LOG_BIND": f"udp:{address}",
        "DECIDER_NODE": NODE,
    }
    servers.start(
        "recorder", [sys.executable, "-m", "decider.recorder"], _receives(log_port), _clean(settings)
    )
    return f"udp:{address}"


def deny_the_denied(redis_url: str) -> None:
    """Put the clients that are to be blocked on the deny-list, as an operator does."""
    done = subprocess.run(
        [sys.executable, "-m", "decider", "deny", DENIED_NETWORK],
        cwd=PROJECT,
        env=os.environ | _clean({"REDIS_URL": redis_url, "DECIDER_NODE": NODE}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"python -m decider deny {DENIED_NETWORK} failed: {done.stderr or done.stdout}")


def ask_decider(path: Path, target: str) -> str:
    """The body of a GET over its socket. Raises RuntimeError when nobody answers."""
    connection = UnixConnection(path)
    try:
        connection.request("GET", target)
        return connection.getresponse().read().decode()
    except OSError as error:
        raise RuntimeError(f"the decider does not answer at {path}: {error}") from error
    finally:
        connection.close()


def _decides(path: Path) -> Callable[[], bool]:
    """Ready when a worker answers: the socket alone takes connections before there is one."""

    def ask() -> bool:
        try:
            return '"ready": true' in ask_decider(path, "/readyz")
        except RuntimeError:
            return False

    return ask


def _listens(port: int) -> Callable[[], bool]:
    def ask() -> bool:
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", port)) == 0

    return ask


def _receives(port: int) -> Callable[[], bool]:
    """Ready when the UDP port is taken."""

    def ask() -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return True
            return False

    return ask


def _clean(settings: Mapping[str, str]) -> dict[str, str]:
    """``settings`` with every other one empty, which means its default."""
    return {**dict.fromkeys(_FOREIGN, ""), **settings}


def _embedded(name: str) -> str | None:
    return shutil.which(name, path=str(PROJECT / ".venv-mongo" / "bin"))


class UnixConnection(HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("decider", timeout=5)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(5)
        self.sock.connect(str(self._path))
