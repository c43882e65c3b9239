"""`python -m load.bench.growth`: does a decision cost more when Redis holds a thousand times the clients?

Two Redis servers, each with a decider of its own; one holds a thousand client records, the other a million.
In each round both are asked the same questions about the same thousand clients, drawn anew from the million:
the small Redis holds just these. What decider and Redis compute for them is read from the kernel: processor
time suffers less than rates from what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from load.bench.clients import Clients
from load.bench.crowd import Crowd, crowd, question
from load.bench.guarded_redis import GuardedRedis, start_guarded_redis
from load.bench.machine import describe_machine
from load.bench.servers import Servers, servers_in_folders

FEW, MANY = 1_000, 1_000_000
ROUNDS = 9
QUESTIONS_A_CLIENT = 5  # in a round: parts of one page, as a visitor loads them
PAUSE_SECONDS = 1.0  # between rounds, so that nobody seems to hammer
WARM_UP_ROUNDS = 1
RECORD_TTL_SECONDS = 7_200
SAMPLE = 1_000  # records measured with MEMORY USAGE
PORTION = 10_000  # records a pipeline writes
MOST_RATIO = 1.10
MOST_BYTES = 400
FIRST = 20  # /8 blocks from here


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one question: microseconds of processor time in Redis and in the decider; questions a second."""

    redis_us: float
    decider_us: float
    per_second: float

    @property
    def cpu_us(self) -> float:
        """Both."""
        return self.redis_us + self.decider_us


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 within the bounds, 1 not, or something did not work."""
    options = _parser().parse_args(arguments)
    try:
        with servers_in_folders() as servers:
            result = _measure(servers, options.clients, options.rounds)
    except RuntimeError as error:
        print(f"growth: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result) if options.json else _text(result, options.clients))
    return 0 if result["ratio"] <= MOST_RATIO and result["bytes_per_client_most"] <= MOST_BYTES else 1


def _measure(servers: Servers, many: int, rounds: int) -> dict[str, float]:
    few = start_guarded_redis(servers, "few")
    crowded = start_guarded_redis(servers, "many")
    with crowd(few.decider_socket) as ask_few, crowd(crowded.decider_socket) as ask_many:
        clients = Clients(FIRST, many)
        record = _record_of_a_visitor(few, ask_few)
        _fill(crowded, [clients.address(number) for number in range(many)], record)
        chance = random.Random(7)
        costs: dict[str, list[Cost]] = {"few": [], "many": []}
        for number in range(WARM_UP_ROUNDS + rounds):
            addresses = [clients.address(one) for one in chance.sample(range(many), FEW)]
            with few.redis() as redis:
                redis.flushdb()
            _fill(few, addresses, record)
            one, other = _round(few, ask_few, addresses), _round(crowded, ask_many, addresses)
            if number >= WARM_UP_ROUNDS:
                costs["few"].append(one)
                costs["many"].append(other)
            _say(f"round {number}: {one.cpu_us:.1f} us at {FEW:,}, {other.cpu_us:.1f} us at {many:,}")
            time.sleep(PAUSE_SECONDS)
        sizes = _sizes(crowded, many)
        used = _used_bytes(crowded)
    cpu = {name: median(cost.cpu_us for cost in of) for name, of in costs.items()}
    in_redis = {name: median(cost.redis_us for cost in of) for name, of in costs.items()}
    ratios = [most.cpu_us / least.cpu_us for most, least in zip(costs["many"], costs["few"], strict=True)]
    rate = {name: median(cost.per_second for cost in of) for name, of in costs.items()}
    return {
        "clients": many,
        "cpu_us_few": round(cpu["few"], 1),
        "cpu_us_many": round(cpu["many"], 1),
        "redis_us_few": round(in_redis["few"], 1),
        "redis_us_many": round(in_redis["many"], 1),
        "ratio": round(median(ratios), 3),
        "ratio_least": round(min(ratios), 3),
        "ratio_most": round(max(ratios), 3),
        "per_second_few": round(rate["few"]),
        "per_second_many": round(rate["many"]),
        "bytes_per_client_median": median(sizes),
        "bytes_per_client_most": max(sizes),
        "redis_bytes_per_client": round(used / many),
    }


def _round(guarded: GuardedRedis, asking: Crowd, addresses: Sequence[str]) -> Cost:
    questions = [
        question(address, f"/static/{part}.css")
        for part in range(QUESTIONS_A_CLIENT)
        for address in addresses
    ]
    before, began = guarded.cpu_seconds(), time.perf_counter()
    statuses = asking.ask(questions)
    seconds, cpu = time.perf_counter() - began, guarded.cpu_seconds()
    if statuses["204"] != len(questions):
        raise RuntimeError(f"visitors were not all let in: {dict(statuses)}")
    redis_us, decider_us = (
        1e6 * (now - then) / len(questions) for now, then in zip(cpu, before, strict=True)
    )
    return Cost(redis_us, decider_us, len(questions) / seconds)


def _record_of_a_visitor(guarded: GuardedRedis, asking: Crowd) -> bytes:
    """What Decider itself writes about somebody who has looked at one page."""
    address = "198.18.0.7"
    asking.ask([question(address)])
    with guarded.redis() as redis:
        record = redis.get(_key(address))
    if not isinstance(record, bytes):
        raise RuntimeError("the decider wrote no client record: has its key another form now?")
    return record


def _fill(guarded: GuardedRedis, addresses: Sequence[str], record: bytes) -> None:
    with guarded.redis() as redis:
        for first in range(0, len(addresses), PORTION):
            pipeline = redis.pipeline(transaction=False)
            for address in addresses[first : first + PORTION]:
                pipeline.set(_key(address), record, ex=RECORD_TTL_SECONDS)
            pipeline.execute()
            if first % (10 * PORTION) == 0 and len(addresses) > PORTION:
                _say(f"{first:>10,} of {len(addresses):,} records")


def _sizes(guarded: GuardedRedis, count: int) -> list[int]:
    clients = Clients(FIRST, count)
    with guarded.redis() as redis:
        return [int(redis.memory_usage(_key(address)) or 0) for address in _sample(clients, count)]


def _sample(clients: Clients, count: int) -> Iterator[str]:
    return (clients.address(number) for number in range(0, count, max(count // SAMPLE, 1)))


def _used_bytes(guarded: GuardedRedis) -> int:
    with guarded.redis() as redis:
        return int(redis.info("memory")["used_memory"])


def _key(address: str) -> str:
    return f"decider:{{0}}:client:{address}"


def _text(result: dict[str, float], many: int) -> str:
    machine = ", ".join(f"{name} {value}" for name, value in describe_machine().items())
    return (
        f"{FEW:,} clients in Redis:      {result['cpu_us_few']} us of processor time a decision "
        f"({result['redis_us_few']} of it in Redis), {result['per_second_few']:,.0f}/s\n"
        f"{many:,} clients in Redis:  {result['cpu_us_many']} us ({result['redis_us_many']} in Redis), "
        f"{result['per_second_many']:,.0f}/s\n"
        f"ratio: {result['ratio']:.3f}, rounds {result['ratio_least']:.3f} to {result['ratio_most']:.3f} "
        f"(bound {MOST_RATIO})\n"
        f"bytes a client (MEMORY USAGE, key included): median {result['bytes_per_client_median']:.0f}, "
        f"most {result['bytes_per_client_most']:.0f} (bound {MOST_BYTES}); "
        f"all of Redis: {result['redis_bytes_per_client']:.0f}\n{machine}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m load.bench.growth",
        description="Compare what a decision costs with few and with many client records in Redis. "
        "Starts its own servers; a million records take about 400 MB.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--clients", type=int, default=MANY, help="records in the full Redis")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="measured in turn; the median counts")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
