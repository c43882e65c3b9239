"""Runs wrk and reads what it says."""

from __future__ import annotations

import re
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

from load.bench.clients import Clients

CONNECTIONS = 64
THREADS = 1  # the machine is shared: one thread of wrk offers more than the guard can take
_SCRIPT = Path(__file__).with_name("requests.lua")


@dataclass(frozen=True, slots=True)
class Throughput:
    """One run: ``rps`` requests a second, ``errors`` answers outside 2xx/3xx, ``broken`` socket errors."""

    rps: float
    requests: int
    errors: int
    broken: int


def run_wrk(url: str, clients: Clients, seconds: int, start: int | None = None) -> Throughput:
    """Offer as much as the server takes for ``seconds``, from the ``start``-th client on (None: from any).

    Raises RuntimeError when wrk itself fails.
    """
    start = secrets.randbelow(clients.count) if start is None else start
    argv = ["wrk", "--threads", str(THREADS), "--connections", str(CONNECTIONS), "--duration", f"{seconds}s"]
    argv += ["--timeout", "5s", "--script", str(_SCRIPT), url, "--", str(clients.first), str(clients.count)]
    argv.append(str(start))
    done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds + 30, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    return parse_wrk(done.stdout)


def parse_wrk(text: str) -> Throughput:
    """Read wrk's report. Raises RuntimeError when it has no throughput."""
    rps = re.search(r"^Requests/sec:\s+([\d.]+)", text, re.MULTILINE)
    total = re.search(r"^\s*(\d+) requests in", text, re.MULTILINE)
    if rps is None or total is None:
        raise RuntimeError(f"wrk reported no throughput: {text!r}")
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return Throughput(
        rps=float(rps[1]),
        requests=int(total[1]),
        errors=int(errors[1]) if errors else 0,
        broken=sum(map(int, broken.groups())) if broken else 0,
    )
