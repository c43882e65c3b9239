"""The real recorder as a process, between a real Redis and a real MongoDB-compatible server.

Tests write what decider and Nginx would write and read what the dashboard would read.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import AutoReconnect
from redis import Redis

from tests.running_stack import SETTINGS
from tests.servers import ROOT, Server, dies_with_us, free_port, mongo_server, redis_server

PATIENCE_SECONDS = 15.0  # polls end long before; a busy machine may need it
NUMBERS = count(1)
STREAM = "decider:events"


def wait_until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Poll until the condition holds; returns what it returned."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.02)
    return value


def event(kind: str = "ban_started", **fields: object) -> str:
    """An event as decider puts it into the stream."""
    now = time.time()
    number = next(NUMBERS)
    ban = {"client": f"198.18.{number // 250 % 250}.{number % 250}", "until": now + 600, "ban_seconds": 600}
    return json.dumps({"kind": kind, "ts": now, "ban_count": 1, "score": 0.97, **ban, **fields})


def line(**values: str) -> bytes:
    """An access line as Nginx sends it."""
    known = {
        "time": f"{time.time():.3f}",
        "address": "81.2.69.142",
        "method": "GET",
        "uri": "/",
        "status": "200",
        "verdict": "allow",
        "reasons": "",
        "deny_cache": "MISS",
        "fail_open": "0",
        "upstream_seconds": "0.010",
        "bytes_sent": "1000",
        "user_agent": "Mozilla/5.0",
    }
    return b"<190>Nov 23 09:05:11 decider: " + json.dumps({**known, **values}).encode()


@dataclass
class RunningRecorder:
    """A recorder with its surroundings. ``start``, ``stop`` and ``kill`` may be called over and over."""

    redis_server: Server
    mongo_server: Server
    redis: Redis
    mongo: Database[dict[str, Any]]
    sender: socket.socket
    environment: dict[str, str]
    log_path: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until its sockets are open; stores may be away."""
        starts = self.log.count("recorder_started")
        self.launch()
        wait_until(lambda: self.log.count("recorder_started") > starts or self.ended(), "recorder up")
        assert not self.ended(), self.log[-3000:]

    def launch(self) -> subprocess.Popen[bytes]:
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                dies_with_us([sys.executable, "-m", "decider.recorder"]),
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self.process

    def ended(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    def kill(self) -> None:
        """As kill -9 does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> float:
        """SIGTERM; returns how many seconds it took to end, and insists on exit status 0."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(10) == 0, self.log[-3000:]
        return time.monotonic() - began

    def send(self, *datagrams: bytes) -> None:
        """To the access log socket, as Nginx does; a few at a time, to fit an ordinary buffer."""
        for number, datagram in enumerate(datagrams):
            self.sender.send(datagram)
            if number % 100 == 99:
                time.sleep(0.005)

    def add(self, *events: str) -> list[str]:
        """To the stream, as decider does; returns the ids."""
        pipeline = self.redis.pipeline(transaction=False)
        for one in events:
            pipeline.xadd(STREAM, {"event": one})
        return [stream_id.decode() for stream_id in pipeline.execute()]

    def pending(self) -> int:
        """Entries read and not acknowledged."""
        return int(self.redis.xpending(STREAM, "recorder")["pending"])

    def recorded(self) -> list[str]:
        """Stream ids in MongoDB, the recorder's own events left out."""
        return [str(one["_id"]) for one in self.mongo.events.find({"actor": {"$ne": "recorder"}}, {"_id": 1})]

    def events(self, kind: str) -> list[dict[str, Any]]:
        return list(self.mongo.events.find({"kind": kind}))

    def status(self) -> dict[str, Any]:
        """The newest status of this life."""
        assert self.process is not None
        return self.mongo.recorder_status.find_one({"_id": "edge", "pid": self.process.pid}) or {}

    def total(self, name: str, collection: str = "traffic") -> int:
        """The sum of one field over all traffic seconds, or all rollups of a collection."""
        return sum(int(one[name]) for one in self.mongo[collection].find())

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""


@pytest.fixture(scope="session")
def redis_of_recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def mongo_of_recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with mongo_server(tmp_path_factory.mktemp("mongo")) as server:
        yield server


@pytest.fixture
def stopped_recorder(
    redis_of_recorder: Server, mongo_of_recorder: Server, tmp_path: Path
) -> Iterator[RunningRecorder]:
    """Not started yet; Redis empty, a database of its own."""
    for server in (redis_of_recorder, mongo_of_recorder):
        if server.process is None:  # a test that failed half-way left it dead
            server.start()
    port, name = free_port(socket.SOCK_DGRAM), f"recorder_{uuid4().hex[:12]}"
    uri = mongo_of_recorder.url.replace("/decider?", f"/{name}?")
    environment = {key: value for key, value in os.environ.items() if key not in SETTINGS}
    environment |= {
        "REDIS_URL": redis_of_recorder.url,
        "MONGODB_URI": uri,
        "ACCESS_LOG_BIND": f"udp:127.0.0.1:{port}",
        "DECIDER_NODE": "edge",
    }
    with ExitStack() as stack:
        redis = stack.enter_context(closing(Redis.from_url(redis_of_recorder.url)))
        client = stack.enter_context(MongoClient[dict[str, Any]](uri, tz_aware=True))
        sender = stack.enter_context(closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
        sender.connect(("127.0.0.1", port))
        redis.flushall()
        recorder = RunningRecorder(
            redis_of_recorder,
            mongo_of_recorder,
            redis,
            client.get_default_database(),
            sender,
            environment,
            tmp_path / "recorder.log",
        )
        yield recorder
        if recorder.process is not None:
            recorder.kill()
        if mongo_of_recorder.process is not None:
            with suppress(AutoReconnect):  # the server was restarted under this client
                client.admin.command("ping")
            client.drop_database(name)


@pytest.fixture
def recorder(stopped_recorder: RunningRecorder) -> RunningRecorder:
    """Running, and done with looking whether Redis lost anything: a test's bans are no loss to be told of."""
    stopped_recorder.start()
    wait_until(lambda: stopped_recorder.redis.exists("decider:restored"), "looked for lost bans")
    return stopped_recorder
