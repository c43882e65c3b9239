"""All the gates, open: the product's own decider and nginx snippets, and the ones it is compared with."""

from __future__ import annotations

import getpass
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from load.bench.clients import DENIED_NETWORK
from load.bench.nginx_conf import write_gates, write_guard, write_upstream
from load.bench.scenarios import Gate
from load.bench.servers import PROJECT, Servers, accepts, answers, free_port, program


@dataclass(frozen=True, slots=True)
class Gates:
    """``ports`` on 127.0.0.1; ``observe_socket`` is where the deciding worker tells its totals."""

    ports: Mapping[Gate, int]
    observe_socket: Path

    def decisions(self) -> int:
        """How many requests the observing decider decided so far, with Redis and without."""
        text = _get(self.observe_socket, "/metrics")
        return sum(
            int(float(value)) for value in re.findall(r"^decider_decisions_total\{.*\} (\S+)$", text, re.M)
        )


def open_gates(servers: Servers) -> Gates:
    """Start everything. Raises RuntimeError when a server does not start."""
    folder, ports = servers.folder, {gate: free_port() for gate in Gate}
    user = f"user {getpass.getuser()};\n" if os.geteuid() == 0 else ""
    nginx = program("nginx")

    def start_nginx(name: str, conf: Path, gate: Gate | None) -> None:
        ready = accepts(folder / "yes.sock") if gate is None else answers(f"http://127.0.0.1:{ports[gate]}/")
        servers.start(name, [nginx, "-p", str(folder), "-e", "stderr", "-c", str(conf)], ready)

    start_nginx("upstream", write_upstream(folder, user), None)
    start_nginx("gates", write_gates(folder, user, ports), Gate.UNGUARDED)
    redis = folder / "redis.sock"
    servers.start(
        "redis",
        [
            program("redis-server"),
            "--port",
            "0",
            "--unixsocket",
            str(redis),
            "--save",
            "",
            "--appendonly",
            "no",
        ],
        accepts(redis),
    )
    for database, gate in enumerate((Gate.OBSERVE, Gate.ENFORCE)):
        environment = {
            "REDIS_URL": f"unix://{redis}?db={database}",
            "DECIDER_BIND": f"unix:{folder / gate.value}.sock",
            "DECIDER_MODE": gate.value,
            "DECIDER_WORKERS": "1",
            "DECIDER_NODE": "bench",
        }
        if gate is Gate.ENFORCE:
            _deny(environment)
        servers.start(
            f"decider-{gate}",
            [
                program("gunicorn"),
                "--no-control-socket",
                "-c",
                "decider/gunicorn_conf.py",
                "decider.asgi:app",
            ],
            _decides(folder / f"{gate.value}.sock"),
            environment,
        )
        start_nginx(f"guard-{gate}", write_guard(folder, gate, ports[gate]), gate)
    return Gates(ports, folder / f"{Gate.OBSERVE.value}.sock")


def _decides(socket_path: Path) -> Callable[[], bool]:
    """Ready when a worker answers: the socket alone takes connections before there is one."""

    def ask() -> bool:
        try:
            return '"ready": true' in _get(socket_path, "/readyz")
        except RuntimeError:
            return False

    return ask


def _deny(environment: Mapping[str, str]) -> None:
    """Put the clients that are to be blocked on the deny-list, as an operator does."""
    done = subprocess.run(
        [sys.executable, "-m", "decider", "deny", DENIED_NETWORK],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"python -m decider deny {DENIED_NETWORK} failed: {done.stderr or done.stdout}")


class UnixConnection(HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("decider", timeout=5)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(5)
        self.sock.connect(str(self._path))


def _get(socket_path: Path, path: str) -> str:
    connection = UnixConnection(socket_path)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    except OSError as error:
        raise RuntimeError(f"the decider does not answer at {socket_path}: {error}") from error
    finally:
        connection.close()
