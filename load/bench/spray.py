"""`python -m load.bench.spray`: a Redis of a few megabytes, and far more new addresses than fit into it.

Running bans, operator lists and events must survive that, because they live longer than what is sprayed:
Redis evicts what would expire first (volatile-ttl).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from load.bench.clients import Clients
from load.bench.crowd import Crowd, crowd, question
from load.bench.guarded_redis import GuardedRedis, start_guarded_redis, wait_until_it_decides
from load.bench.servers import PROJECT, Servers, servers_in_folders

BANS_LAST_SECONDS = 3_600  # longer than the spray takes
REQUESTS_OF_A_BOT = 60  # on one sensitive route at once: banned well before the last
PORTION = 10_000  # sprayed addresses between two lines of progress
LISTED = "198.51.100.0/24"
SPRAYED_FIRST, BANNED_FIRST = 20, 100  # /8 blocks; they do not overlap


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 everything that must survive did, 1 something did not."""
    options = _parser().parse_args(arguments)
    try:
        with servers_in_folders() as servers:
            result = _spray(servers, options)
    except RuntimeError as error:
        print(f"spray: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result) if options.json else _text(result))
    return 0 if _is_survived(result) else 1


def _spray(servers: Servers, options: argparse.Namespace) -> dict[str, float]:
    policy = servers.folder / "policy.toml"
    policy.write_text(f"[ban]\nfirst_seconds = {BANS_LAST_SECONDS}\n", encoding="utf-8")
    guarded = start_guarded_redis(servers, "spray", "--maxmemory", f"{options.megabytes}mb", policy=policy)
    banned = [Clients(BANNED_FIRST, options.bans).address(number) for number in range(options.bans)]
    with crowd(guarded.decider_socket) as asking:
        for address in banned:
            asking.ask(question(address, "/checkout") for _ in range(REQUESTS_OF_A_BOT))
        _deny_a_network(guarded)
        began = time.monotonic()
        allowed = _spray_addresses(asking, options.clients)
        seconds = time.monotonic() - began
    return _measured(guarded, banned) | {
        "clients": options.clients,
        "megabytes": options.megabytes,
        "allowed": allowed,
        "decisions_per_second": round(options.clients / seconds),
        "bans": options.bans,
    }


def _spray_addresses(asking: Crowd, count: int) -> int:
    clients, allowed = Clients(SPRAYED_FIRST, count), 0

    def portion(first: int) -> Iterator[bytes]:
        for number in range(first, min(first + PORTION, count)):
            yield question(clients.address(number))

    for first in range(0, count, PORTION):
        allowed += asking.ask(portion(first))["204"]
        print(f"{min(first + PORTION, count):>10,} of {count:,} addresses", file=sys.stderr, flush=True)
    return allowed


def _measured(guarded: GuardedRedis, banned: list[str]) -> dict[str, float]:
    _replace_worker(guarded)  # a worker remembers bans itself: what holds now is what Redis holds
    with guarded.redis() as redis, crowd(guarded.decider_socket) as asking:
        stats, memory = redis.info("stats"), redis.info("memory")
        return {
            "bans_held": asking.ask(question(address) for address in banned)["403"],
            "listed_denied": asking.ask([question("198.51.100.7")])["403"],
            "events_in_stream": redis.xlen("decider:events"),
            "evicted": stats["evicted_keys"],
            "used_megabytes": round(memory["used_memory"] / 1e6, 1),
            "degraded_decisions": guarded.metric("degraded_decisions_total"),
        }


def _deny_a_network(guarded: GuardedRedis) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "decider", "deny", LISTED],
        cwd=PROJECT,
        env={**os.environ, "REDIS_URL": guarded.redis_url},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"python -m decider deny {LISTED} failed: {done.stderr or done.stdout}")


def _replace_worker(guarded: GuardedRedis) -> None:
    before = guarded.worker_pid
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if guarded.worker_pid != before:
                break
        except (IndexError, OSError):
            pass
        time.sleep(0.05)
    wait_until_it_decides(guarded)
    time.sleep(1.5)  # the operator's lists arrive with the first heartbeats


def _is_survived(result: dict[str, float]) -> bool:
    return (
        result["evicted"] > 0
        and result["bans_held"] == result["bans"]
        and result["listed_denied"] == 1
        and result["events_in_stream"] >= result["bans"]
        and result["allowed"] == result["clients"]
    )


def _text(result: dict[str, float]) -> str:
    return "\n".join(f"{name:<22} {value:>12,}" for name, value in result.items())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m load.bench.spray",
        description="Spray a small Redis with new addresses and look what survives. Starts its own servers.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--clients", type=int, default=2_000_000, help="sprayed addresses")
    parser.add_argument("--megabytes", type=int, default=32, help="Redis's maxmemory")
    parser.add_argument("--bans", type=int, default=100, help="clients banned before")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
