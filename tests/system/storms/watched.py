"""What storms are observed by: the decider asked directly, its heartbeat, and what Nginx logged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from typing import Any

from pymongo import MongoClient

from tests.running_stack import RunningStack
from tests.servers import ROOT
from tests.system.decider.conftest import Answer, UnixConnection

PATIENCE_SECONDS = 15.0  # polls end long before; a busy machine may need it
IDS = count()
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
# what a browser sends with a page
BROWSER = {
    "User-Agent": AGENT,
    "Accept": "text/html,*/*;q=0.8",
    "Accept-Language": "en-GB,en;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
}


def wait_until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Poll until the condition holds; returns what it returned."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.05)
    return value


@dataclass(frozen=True)
class Watched:
    """One running copy of the product, looked at from all sides."""

    stack: RunningStack

    def decide(self, address: str, target: str = "/") -> tuple[Answer, float]:
        """As Nginx asks, past Nginx; and how many seconds it took."""
        headers = {
            "X-Real-IP": address,
            "X-Request-ID": f"{next(IDS):032x}",
            "X-Original-Method": "GET",
            "X-Original-URI": target,
            "X-Original-Host": "shop.example",
            **BROWSER,
        }
        return self.ask_decider("/v1/decide", headers)

    def ask_decider(self, path: str, headers: dict[str, str] | None = None) -> tuple[Answer, float]:
        """One request on a connection of its own to the decider's socket."""
        connection = UnixConnection(self.stack.run_dir / "decider.sock")
        started = time.perf_counter()
        try:
            connection.request("GET", path, headers=headers or {})
            reply = connection.getresponse()
            return Answer(reply.status, reply.headers, reply.read()), time.perf_counter() - started
        finally:
            connection.close()

    def browse(self, address: str, target: str = "/") -> int:
        """Through Nginx, as the client with this address; the status."""
        connection = HTTPConnection("127.0.0.1", self.stack.gateway_port, timeout=10)
        try:
            connection.request("GET", target, headers={"X-Forwarded-For": address, **BROWSER})
            reply = connection.getresponse()
            reply.read()
            return reply.status
        finally:
            connection.close()

    def redis_state(self) -> str:
        """``ok`` or ``degraded: ...``."""
        return str(json.loads(self.ask_decider("/readyz")[0].body)["parts"]["redis"])

    def metric(self, name: str) -> float:
        """The sum over all workers."""
        lines = self.ask_decider("/metrics")[0].body.decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name + "{"))

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m decider` with this copy's addresses."""
        return subprocess.run(
            [sys.executable, "-m", "decider", *arguments],
            env={**os.environ, **self.stack.addresses()},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def traffic(self) -> dict[str, int]:
        """Totals of all seconds recorded so far."""
        names = ("requests", "allowed", "blocked", "cached_denies", "fail_open", "malformed_lines")
        with MongoClient[dict[str, Any]](self.stack.mongodb_uri) as client:
            seconds = list(client.get_default_database("decider").traffic.find())
        return {name: sum(int(one.get(name, 0)) for one in seconds) for name in names}

    def recorder(self) -> dict[str, Any]:
        """The recorder's newest status."""
        with MongoClient[dict[str, Any]](self.stack.mongodb_uri) as client:
            return client.get_default_database("decider").recorder_status.find_one() or {}

    def nginx_errors(self, *texts: str) -> int:
        """Lines of Nginx's log that hold one of the texts."""
        logs = sorted((self.stack.run_dir / "logs").glob("nginx.log*"))  # it is rotated at 10 MB
        assert logs
        lines = [line for path in logs for line in path.read_text(errors="replace").splitlines()]
        return sum(any(text in line for text in texts) for line in lines)
