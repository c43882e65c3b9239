"""`make bench-dashboard`: seed a month, start the dashboard, time its pages, print a table, write JSON."""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from load.bench.machine import describe_machine
from load.bench.product import start_redis
from load.bench.servers import PROJECT, Servers, answers, free_port, servers_in_folders
from load.bench_dashboard.open_dashboards import DASHBOARDS, cpu_of_many
from load.bench_dashboard.pages import Measured, measure_all
from load.bench_dashboard.seed import seed, traffic
from load.bench_dashboard.session import Session

DEFAULT_EVENTS = 1_000_000
FEWEST_EVENTS = 100_000  # forty pages of one country in ten
MONGO_PROGRAMS = ("secantusd-rs", "secantusd-mdb", "secantusd-py")
USER = "operator"
EXIT_KEPT, EXIT_BROKEN, EXIT_USAGE = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 every target reached, 1 one was not or something did not work, 2 wrong arguments."""
    options = _parser().parse_args(arguments)
    if options.events < FEWEST_EVENTS:
        print(f"--events {options.events}: write {FEWEST_EVENTS} or more", file=sys.stderr)
        return EXIT_USAGE
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_BROKEN))  # ends the servers, removes their folders
    began = time.monotonic()
    try:
        with servers_in_folders() as servers:
            uri = _start_mongo(servers)
            seed(uri, options.events, int(time.time()), _progress)
            seeded = time.monotonic() - began
            measured = _measure(servers, uri)
    except (RuntimeError, PyMongoError, OSError) as error:
        print(f"\nbench-dashboard: {error}", file=sys.stderr)
        return EXIT_BROKEN
    _progress("")
    print(table(measured, options.events))
    print(f"seeded in {seeded:.0f} s, measured in {time.monotonic() - began - seeded:.0f} s")
    print(f"written: {_write(options.json_folder, measured, options.events)}")
    return EXIT_KEPT if all(one.is_kept for one in measured) else EXIT_BROKEN


def table(measured: Sequence[Measured], events: int) -> str:
    """One line a figure."""
    lines = [f"{f'with {events:,} events':46}{'p50':>8}{'p95':>8}{'target':>8}"]
    for one in measured:
        values = (one.median, one.p95, one.target)
        told = "" if one.is_kept else "  MISSED"
        lines.append(f"{one.name:46}" + "".join(f"{value:8.1f}" for value in values) + f" {one.unit:2}{told}")
    return "\n".join(lines)


def _measure(servers: Servers, uri: str) -> list[Measured]:
    chance = random.Random(7)
    redis, _ = start_redis(servers)
    port, process, password = _start_dashboard(servers, uri, f"unix://{redis}?db=0")
    session = Session(port, USER, password)
    measured = []
    with MongoClient[dict[str, Any]](uri) as client:
        seconds = client.get_default_database()["traffic"]

        def write_second() -> None:
            document = traffic(int(time.time()) - 1, 1, chance)
            seconds.replace_one({"_id": document["_id"]}, document, upsert=True)

        for one in measure_all(session, write_second):
            _progress(one.name)
            measured.append(one)
        _progress(f"{DASHBOARDS} open dashboards")
        measured.append(cpu_of_many(session, process, write_second))
    session.close()
    return measured


def _start_mongo(servers: Servers) -> str:
    programs = (PROJECT / ".venv-mongo/bin" / name for name in MONGO_PROGRAMS)
    found = next((path for path in programs if path.exists()), None)
    if found is None:
        raise RuntimeError("the embedded server is not installed: `make bench-dashboard` installs it")
    port = free_port()
    argv = [str(found), "--host", "127.0.0.1", "--port", str(port), "--storage-path"]
    argv += [
        str(servers.disk / "mongo"),
        "--cache-size",
        "512M",
        "--sync-on-commit",
        "--log-level",
        "WARNING",
    ]
    if not found.name.endswith("-py"):
        argv += ["--log-file-max", "64MB"]
    uri = f"mongodb://127.0.0.1:{port}/decider?directConnection=true"
    environment = {"SECANTUS_WT_CONFIG_EXTRA": "checkpoint=(wait=60,log_size=256MB)"}
    servers.start("mongo", argv, lambda: _answers_ping(uri), environment)
    return uri


def _start_dashboard(servers: Servers, uri: str, redis_url: str) -> tuple[int, int, str]:
    """Its port, process id, and the password of ``USER``."""
    password, port = secrets.token_urlsafe(), free_port()
    made = subprocess.run(
        [sys.executable, "-m", "dash_app.password", "--name", USER],
        input=password + "\n",
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
    )
    settings = {"MONGODB_URI": uri, "DASHBOARD_BIND": f"127.0.0.1:{port}", "REDIS_URL": redis_url}
    settings |= {"DASHBOARD_USERS": made.stdout.strip(), "DASHBOARD_SECRET": secrets.token_hex(32)}
    argv = [sys.executable, "-m", "gunicorn", "--no-control-socket"]
    argv += ["-c", "python:dash_app.gunicorn_conf", "dash_app.wsgi:server"]
    process = servers.start("dashboard", argv, answers(f"http://127.0.0.1:{port}/healthz"), settings)
    return port, process, password


def _answers_ping(uri: str) -> bool:
    try:
        with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=200) as client:
            client.admin.command("ping")
    except PyMongoError:
        return False
    return True


def _write(folder: Path, measured: Sequence[Measured], events: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    figures = [
        {"name": one.name, "unit": one.unit, "p50": one.median, "p95": one.p95, "runs": len(one.values)}
        | {"target": one.target, "kept": one.is_kept}
        for one in measured
    ]
    path = folder / "bench-dashboard.json"
    about = {"events": events, "machine": describe_machine(), "figures": figures}
    path.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return path


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{step:70}", end="", file=sys.stderr, flush=True)
    elif step:
        print(step, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m load.bench_dashboard", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--events", type=int, default=DEFAULT_EVENTS, help=f"events of 30 days ({DEFAULT_EVENTS:,})"
    )
    parser.add_argument(
        "--json-folder",
        type=Path,
        default=Path(os.environ.get("RUN_DIR") or ".run"),
        help="where bench-dashboard.json goes (RUN_DIR, .run)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
