"""`python -m load.bench.recorder_rate`: events a second that the recorder moves from stream to MongoDB.

The stream is filled first, then the recorder is started, and its way through the stream is watched from
outside: read from Redis, stored durably (``w=majority, j=true``), acknowledged. MongoDB is the embedded
server, or the one that --mongodb-uri names.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis import Redis

from load.bench.guarded_redis import cpu_seconds
from load.bench.machine import describe_machine
from load.bench.servers import PROJECT, Servers, accepts, free_port, program, servers_in_folders

EVENTS = 90_000  # the stream keeps 100,000
PORTION = 5_000
WARM_UP_SHARE = 0.1  # of the events: the recorder's first batches share the processor with its own start
WATCH_SECONDS = 0.02
PATIENCE_SECONDS = 300.0
WANTED_PER_SECOND = 20_000
STREAM, GROUP = "decider:events", "recorder"
MONGO_PROGRAMS = ("secantusd-rs", "secantusd-mdb", "secantusd-py")


@dataclass(frozen=True, slots=True)
class Moment:
    """How many events were stored at this time, and what each process had computed by then."""

    at: float
    stored: int
    recorder_cpu: float
    mongo_cpu: float


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 measured, however slow; 1 something did not work."""
    options = _parser().parse_args(arguments)
    try:
        with servers_in_folders() as servers:
            result = _measure(servers, options)
    except RuntimeError as error:
        print(f"recorder_rate: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result) if options.json else _text(result))
    return 0


def _measure(servers: Servers, options: argparse.Namespace) -> dict[str, float]:
    redis_socket = servers.folder / "redis.sock"
    command = [program("redis-server"), "--port", "0", "--unixsocket", str(redis_socket), "--save", ""]
    servers.start("redis", [*command, "--appendonly", "no"], accepts(redis_socket))
    mongo_pid, uri = (0, options.mongodb_uri) if options.mongodb_uri else _embedded_server(servers)
    with Redis(unix_socket_path=str(redis_socket), protocol=2) as redis:
        redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
        redis.set(
            "decider:restored", "1", ex=3_600
        )  # this Redis lost nothing: there is nothing to bring back
        event_bytes = _fill(redis, options.events)
        recorder_pid = _start_recorder(servers, redis_socket, uri)
        moments = _watch(redis, options.events, recorder_pid, mongo_pid)
    first = next(one for one in moments if one.stored >= WARM_UP_SHARE * options.events)
    last = moments[-1]
    stored, seconds = last.stored - first.stored, last.at - first.at
    return {
        "events": options.events,
        "event_bytes": event_bytes,
        "per_second": round(stored / seconds),
        "recorder_cpu_us": round(1e6 * (last.recorder_cpu - first.recorder_cpu) / stored, 1),
        "mongo_cpu_us": round(1e6 * (last.mongo_cpu - first.mongo_cpu) / stored, 1),
        "recorder_busy": round((last.recorder_cpu - first.recorder_cpu) / seconds, 2),
        "mongo_busy": round((last.mongo_cpu - first.mongo_cpu) / seconds, 2),
    }


def _watch(redis: Redis, events: int, recorder_pid: int, mongo_pid: int) -> list[Moment]:
    moments: list[Moment] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not moments or moments[-1].stored < events:
        stored = int(_group(redis).get("entries-read") or 0) - int(redis.xpending(STREAM, GROUP)["pending"])
        mongo_cpu = cpu_seconds(mongo_pid) if mongo_pid else 0.0
        moments.append(Moment(time.monotonic(), stored, cpu_seconds(recorder_pid), mongo_cpu))
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"only {stored:,} of {events:,} events were recorded in {PATIENCE_SECONDS:.0f} s"
            )
        time.sleep(WATCH_SECONDS)
    return moments


def _group(redis: Redis) -> dict[str, Any]:
    groups: list[dict[str, Any]] = redis.xinfo_groups(STREAM)
    return groups[0]


def _fill(redis: Redis, count: int) -> int:
    """Bans as the decider tells of them; returns the bytes of one."""
    now, text = time.time(), ""
    for first in range(0, count, PORTION):
        pipeline = redis.pipeline(transaction=False)
        for number in range(first, min(first + PORTION, count)):
            text = json.dumps(_event(number, now), separators=(",", ":"))
            pipeline.xadd(STREAM, {"event": text})
        pipeline.execute()
    return len(text)


def _event(number: int, now: float) -> dict[str, object]:
    address = f"{20 + number % 150}.{number // 150 % 250}.{number // 37_500}.7"
    return {
        "kind": "ban_started",
        "ts": now,
        "node": "edge-1",
        "client": address,
        "address": address,
        "country": "NL",
        "asn": 64_496 + number % 100,
        "network": "Example Hosting B.V.",
        "score": 0.97,
        "reasons": [
            {"signal": "burst", "contribution": 0.62},
            {"signal": "sensitive_pressure", "contribution": 0.41},
            {"signal": "hosting_origin", "contribution": 0.15},
        ],
        "sentence": "31 requests in one second, 29 of them to sensitive routes; from a hosting network",
        "method": "POST",
        "host": "shop.example",
        "path": "/checkout",
        "route": "checkout",
        "route_class": "sensitive",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
        "referer": "https://shop.example/cart",
        "request_id": f"{number:032x}",
        "mode": "enforce",
        "ban_seconds": 60,
        "until": now + 60,
        "ban_count": 1,
    }


def _embedded_server(servers: Servers) -> tuple[int, str]:
    places = [PROJECT / ".venv-mongo" / "bin" / name for name in MONGO_PROGRAMS]
    found = next((place for place in places if place.exists()), None)
    if found is None:
        raise RuntimeError("no MongoDB-compatible server in .venv-mongo: `make run` installs it")
    port = free_port()
    command = [
        str(found),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--cache-size",
        "512M",
        "--sync-on-commit",
    ]
    pid = servers.start(
        "mongo",
        [*command, "--storage-path", str(servers.folder / "mongo")],
        lambda: _listens(port),
        {"SECANTUS_WT_CONFIG_EXTRA": "checkpoint=(wait=60,log_size=256MB)"},
    )
    return pid, f"mongodb://127.0.0.1:{port}/decider?directConnection=true"


def _start_recorder(servers: Servers, redis_socket: Path, uri: str) -> int:
    access = servers.folder / "access.sock"
    environment = {
        "REDIS_URL": f"unix://{redis_socket}?db=0",
        "MONGODB_URI": uri,
        "ACCESS_LOG_BIND": f"unix:{access}",
        "DECIDER_NODE": "bench",
    }
    ready = access.exists
    return servers.start("recorder", [sys.executable, "-m", "decider.recorder"], ready, environment)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _text(result: dict[str, float]) -> str:
    machine = ", ".join(f"{name} {value}" for name, value in describe_machine().items())
    verdict = "keeps up with" if result["per_second"] >= WANTED_PER_SECOND else "is slower than"
    return (
        f"{result['per_second']:,} events/s of {result['event_bytes']} bytes: "
        f"{verdict} {WANTED_PER_SECOND:,}/s\n"
        f"an event costs the recorder {result['recorder_cpu_us']} us of processor time "
        f"(busy {result['recorder_busy']:.0%} of one core), MongoDB {result['mongo_cpu_us']} us "
        f"({result['mongo_busy']:.0%})\n{machine}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m load.bench.recorder_rate",
        description="Measure how fast the recorder drains a full event stream. Starts its own servers.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--events", type=int, default=EVENTS, help="in the stream when the recorder starts")
    parser.add_argument("--mongodb-uri", type=_uri, default=None, help="a MongoDB to write to instead")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    return parser


def _uri(text: str) -> str:
    if urlsplit(text).scheme not in ("mongodb", "mongodb+srv"):
        raise argparse.ArgumentTypeError("write mongodb://host:27017/a_database_to_write_to")
    return text


if __name__ == "__main__":
    sys.exit(main())
