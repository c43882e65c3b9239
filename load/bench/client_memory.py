"""What a client costs in memory: its record in Redis, and whatever a worker keeps of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from load.bench.clients import ONE, Clients
from load.bench.gates import open_guard
from load.bench.scenarios import Gate
from load.bench.servers import redis_says, servers_in_folders
from load.bench.wrk import run_wrk

FIRST_OCTET = 40  # clients of no other scenario
RUN_SECONDS = 5  # between two lines of progress
SAMPLE = 1_000
SETTLE_SECONDS = 1.5
MEGABYTE = 1024**2

# KEYS none, ARGV: pattern, size of the sample. Returns how many keys were looked at, and their bytes in all.
_SAMPLE_SCRIPT = """
local cursor, looked, bytes = '0', 0, 0
repeat
  local page = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    looked, bytes = looked + 1, bytes + redis.call('MEMORY', 'USAGE', key)
  end
until cursor == '0' or looked >= tonumber(ARGV[2])
return { looked, bytes }
"""
_CLIENT_RECORDS = "decider:{*}:client:*"


@dataclass(frozen=True, slots=True)
class ClientMemory:
    """After ``clients`` different addresses sent a request each.

    ``record_bytes`` is Redis' MEMORY USAGE of a record, key included, ``redis_bytes`` all that Redis grew by,
    for each client. ``worker_mb_before`` and ``worker_mb``: resident memory of the worker that decided them.
    """

    clients: int
    record_bytes: float
    redis_bytes: float
    worker_mb_before: float
    worker_mb: float


def measure_memory(clients: int, longest_seconds: float, say: Callable[[str], None]) -> ClientMemory:
    """In servers of its own; ends early, with fewer clients, after ``longest_seconds``."""
    with servers_in_folders() as servers:
        gates = open_guard(servers)
        url = f"http://127.0.0.1:{gates.ports[Gate.OBSERVE]}/"
        run_wrk(url, ONE, 1)  # everything that is loaded with the first request is
        redis_before, worker_before = used_bytes(gates.redis), gates.worker_bytes()
        walk, sent, deadline = Clients(FIRST_OCTET, clients), 0, time.monotonic() + longest_seconds
        while sent < clients and (left := deadline - time.monotonic()) > 0:
            sent += run_wrk(url, walk, max(1, min(RUN_SECONDS, round(left))), sent).requests
            say(f"memory: {min(sent, clients):,} of {clients:,} clients")
        time.sleep(SETTLE_SECONDS)
        seen = min(sent, clients)
        looked, record_bytes = sample_records(gates.redis)
        return ClientMemory(
            clients=seen,
            record_bytes=record_bytes / looked,
            redis_bytes=(used_bytes(gates.redis) - redis_before) / seen,
            worker_mb_before=worker_before / MEGABYTE,
            worker_mb=gates.worker_bytes() / MEGABYTE,
        )


def sample_records(redis: Path) -> tuple[int, int]:
    """(records, their bytes in all). Raises RuntimeError when there are none."""
    looked, bytes_in_all = map(
        int, redis_says(redis, "EVAL", _SAMPLE_SCRIPT, "0", _CLIENT_RECORDS, str(SAMPLE)).split()
    )
    if not looked:
        raise RuntimeError(f"no client record in Redis: no key is like {_CLIENT_RECORDS}")
    return looked, bytes_in_all


def used_bytes(redis: Path) -> int:
    """All that Redis has allocated."""
    used = re.search(r"^used_memory:(\d+)", redis_says(redis, "INFO", "memory"), re.M)
    if used is None:
        raise RuntimeError("Redis does not tell its used_memory")
    return int(used[1])
