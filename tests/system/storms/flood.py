"""A flood through the gateway: wrk as the crowd, and an application that costs next to nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.servers import ROOT, dies_with_us, free_port

CLIENTS = 4_000_000  # so many that none comes twice within a test
SCRIPT = ROOT / "load" / "bench" / "requests.lua"
START_SECONDS = 10.0

_APPLICATION = """
worker_processes 1;
daemon off;
pid {folder}/application.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ default_type text/plain; return 200 "ok\\n"; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Flood:
    """What the crowd saw. ``refused``: answers outside 2xx and 3xx; ``broken``: connections and timeouts."""

    requests: int
    refused: int
    broken: int
    p50_ms: float
    p99_ms: float
    slowest_ms: float


@contextmanager
def application(folder: Path) -> Iterator[str]:
    """An Nginx that answers everything with two bytes; yields ``host:port``."""
    folder.mkdir(parents=True, exist_ok=True)
    port, conf = free_port(), folder / "application.conf"
    conf.write_text(_APPLICATION.format(folder=folder, port=port))
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    assert nginx, "nginx is not installed: apt-get install nginx"
    process = subprocess.Popen(dies_with_us([nginx, "-e", "stderr", "-c", str(conf)]))
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _accepts(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def flood(port: int, connections: int, seconds: int, clients: int = CLIENTS, first: int = 11) -> Flood:
    """Offer as much as is taken, over so many connections; ``clients`` addresses, from ``first``.0.0.0 on."""
    assert shutil.which("wrk"), "wrk is not installed: apt-get install wrk"
    argv = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    argv += ["--latency", "--timeout", "5s", "--script", str(SCRIPT), f"http://127.0.0.1:{port}/"]
    done = subprocess.run(
        [*argv, "--", str(first), str(clients)],
        capture_output=True,
        text=True,
        timeout=seconds + 30,
        check=False,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return _read(done.stdout)


def _read(report: str) -> Flood:
    def number(pattern: str) -> int:
        found = re.search(pattern, report)
        return sum(map(int, found.groups())) if found else 0

    def milliseconds(pattern: str) -> float:
        found = re.search(pattern, report, re.MULTILINE)
        assert found, report
        return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[found[2]]

    return Flood(
        requests=number(r"(\d+) requests in"),
        refused=number(r"Non-2xx or 3xx responses: (\d+)"),
        broken=number(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)"),
        p50_ms=milliseconds(r"^\s+50%\s+([\d.]+)(us|ms|s|m)\s*$"),
        p99_ms=milliseconds(r"^\s+99%\s+([\d.]+)(us|ms|s|m)\s*$"),
        slowest_ms=milliseconds(r"^\s+Latency\s+\S+\s+\S+\s+([\d.]+)(us|ms|s|m)\s"),
    )


def _accepts(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
