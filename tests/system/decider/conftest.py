"""The real decider under gunicorn on a unix socket, with a real Redis of its own, asked as Nginx asks."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from tests.servers import ROOT, Server, dies_with_us, redis_server

START_SECONDS = 20.0
IDS = count()


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("decider", timeout=10)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def verdict(self) -> str:
        return self.headers["X-Decider-Verdict"]

    @property
    def score(self) -> float:
        return float(self.headers["X-Threat-Score"])


@dataclass
class RunningDecider:
    socket_path: Path
    process: subprocess.Popen[bytes]
    redis: Server
    environment: Mapping[str, str]
    log_path: Path

    def connection(self) -> UnixConnection:
        return UnixConnection(self.socket_path)

    def get(self, path: str, headers: Mapping[str, str | bytes] | None = None) -> Answer:
        connection = self.connection()
        try:
            connection.putrequest("GET", path, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders()
            reply = connection.getresponse()
            return Answer(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def decide(self, address: str | bytes, target: str | bytes = "/", **more: str | bytes) -> Answer:
        headers: dict[str, str | bytes] = {
            "X-Real-IP": address,
            "X-Request-ID": f"{next(IDS):032x}",
            "X-Original-Method": "GET",
            "X-Original-URI": target,
            "X-Original-Host": "shop.example",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Accept": "text/html,*/*;q=0.8",
            "Accept-Language": "en-GB,en;q=0.8",
            "Accept-Encoding": "gzip, deflate, br",
        }
        headers.update({name.replace("_", "-"): value for name, value in more.items()})
        return self.get("/v1/decide", headers)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "decider", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")


@contextmanager
def running_decider(folder: Path, redis: Server, **settings: str) -> Iterator[RunningDecider]:
    socket_path = folder / "decider.sock"
    environment = {
        **os.environ,
        "REDIS_URL": redis.url,
        "DECIDER_BIND": f"unix:{socket_path}",
        "DECIDER_NODE": "test-node",
        **settings,
    }
    log_path = folder / "decider.log"
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            dies_with_us(
                [sys.executable, "-m", "gunicorn", "-c", "python:decider.gunicorn_conf", "decider.asgi:app"]
            ),
            env=environment,
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    running = RunningDecider(socket_path, process, redis, environment, log_path)
    try:
        _wait_until_ready(running)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait_until_ready(running: RunningDecider) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert running.process.poll() is None, f"the decider ended at once:\n{running.log}"
        assert time.monotonic() < deadline, f"the decider does not answer:\n{running.log}"
        try:
            if running.get("/healthz").status == 200:
                return
        except OSError:
            time.sleep(0.05)


@pytest.fixture(scope="module")
def decider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDecider]:
    folder = tmp_path_factory.mktemp("decider")
    with redis_server(folder / "redis") as redis, running_decider(folder, redis) as running:
        yield running
