"""The real dashboard on the real embedded MongoDB-compatible server, looked at with a real Chromium."""

from __future__ import annotations

import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser
from pymongo import MongoClient
from pymongo.database import Database
from redis import Redis
from werkzeug.security import generate_password_hash

from tests.servers import Server, free_port, mongo_server, redis_server
from tests.system.dashboard.warm_start import start_gunicorn
from tests.system.dashboard.watched_page import PASSWORD, WatchedPage, started_browser, watched_page

START_SECONDS = 30.0
# the least cost that is accepted: tests sign in often
PASSWORD_HASH = generate_password_hash(PASSWORD, "scrypt:16384:8:1")
LOGIN_SETTINGS = {
    "DASHBOARD_USERS": f"operator:operator:{PASSWORD_HASH};viewer:viewer:{PASSWORD_HASH}",
    "DASHBOARD_SECRET": "s" * 32,
}


@dataclass
class Dashboard:
    """``url`` ends without a slash. ``mongo`` serves other tests, too; ``database`` is its own."""

    url: str
    mongo: Server
    database: Database[dict[str, Any]]

    def tell_alive(self, **more: Any) -> None:
        status = {"ts": datetime.now(UTC), "lag_events": 0, "redis_reachable": True, "workers": [], **more}
        self.database.recorder_status.replace_one({"_id": "node"}, {"_id": "node", **status}, upsert=True)

    def add_traffic(self, second: int, allowed: int, blocked: int, country: str = "SG", **more: Any) -> None:
        """One second of a node."""
        self.add_totals("traffic", second, allowed, blocked, country, **more)

    def add_totals(
        self, collection: str, start: int, allowed: int, blocked: int, country: str = "SG", **more: Any
    ) -> None:
        """A document of ``traffic``, ``traffic_minute`` or ``traffic_hour``."""
        document = {
            "_id": f"node:{start}",
            "ts": datetime.fromtimestamp(start, UTC),
            "node": "node",
            "requests": allowed + blocked,
            "allowed": allowed,
            "blocked": blocked,
            "cached_denies": blocked // 2,
            "would_block": 0,
            "fail_open": 0,
            "upstream_seconds": allowed * 0.02,
            "upstream_bytes": allowed * 10_000,
            "by_country": [{"country": country, "allowed": allowed, "blocked": blocked}],
            "by_route": [
                {
                    "route": "checkout",
                    "allowed": allowed,
                    "blocked": blocked,
                    "upstream_seconds": allowed * 0.02,
                    "bytes": allowed * 10_000,
                }
            ],
            "by_signal": [{"signal": "burst", "blocked": blocked}],
            **more,
        }
        self.database[collection].replace_one({"_id": document["_id"]}, document, upsert=True)

    def add_ban(self, client_name: str, **more: Any) -> None:
        now = time.time()
        document = {
            "_id": f"{int(now * 1000)}-{client_name}",
            "kind": "ban_started",
            "ts": datetime.fromtimestamp(now, UTC),
            "client": client_name,
            "address": client_name,
            "country": "SG",
            "asn": 64500,
            "network": "Example",
            "score": 0.97,
            "reasons": [{"signal": "burst", "contribution": 0.95}],
            "path": "/checkout",
            "route": "checkout",
            "ban_seconds": 600,
            "until": datetime.fromtimestamp(now + 600, UTC),
            **more,
        }
        self.database.events.insert_one(document)


@contextmanager
def running_dashboard(
    folder: Path, mongo: Server, port: int | None = None, **settings: str
) -> Iterator[Dashboard]:
    """A dashboard with an empty database of its own in ``mongo``, and its log in ``folder``."""
    port = port or usual_port()
    origin = f"http://127.0.0.1:{port}"
    database_url = mongo.url.replace("/decider?", f"/decider-{uuid4().hex}?")
    own = {"MONGODB_URI": database_url, "DASHBOARD_BIND": f"127.0.0.1:{port}"}
    log = folder / "dashboard.log"
    process = start_gunicorn({**os.environ, **LOGIN_SETTINGS, **own, **settings}, log)
    url = origin + settings.get("DASHBOARD_PREFIX", "").rstrip("/")
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(origin + "/healthz"):
            assert process.is_alive() and time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        with MongoClient[dict[str, Any]](database_url, tz_aware=True) as client, running_again(mongo):
            yield Dashboard(url, mongo, client.get_default_database())
    finally:
        if process.pid and process.is_alive():
            os.kill(process.pid, signal.SIGQUIT)  # at once: a browser keeps its connections for the next
        process.join(10)
        assert not process.is_alive(), "the dashboard does not end"


@cache
def usual_port() -> int:
    """Of one dashboard after the other: scripts from another address would be compiled anew."""
    return free_port()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@contextmanager
def running_again(mongo: Server) -> Iterator[None]:
    """Whatever a test does to it: others come, and a client that is closed says goodbye to it."""
    try:
        yield
    finally:
        if mongo.process is None:
            mongo.start()


@pytest.fixture(scope="session")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with mongo_server(tmp_path_factory.mktemp("mongo")) as server:
        yield server


@pytest.fixture
def dashboard(tmp_path: Path, mongo: Server) -> Iterator[Dashboard]:
    with running_dashboard(tmp_path, mongo) as running:
        yield running


@dataclass
class Desk:
    """A dashboard whose actions reach a Redis."""

    dashboard: Dashboard
    redis: Redis

    def events(self) -> list[str]:
        entries: Any = self.redis.xrange("decider:events")
        return [fields[b"event"].decode() for _, fields in entries]


@pytest.fixture
def desk(tmp_path: Path, mongo: Server) -> Iterator[Desk]:
    with (
        redis_server(tmp_path / "redis") as redis,
        running_dashboard(tmp_path, mongo, REDIS_URL=redis.url) as dashboard,
        Redis.from_url(redis.url) as client,
    ):
        dashboard.tell_alive()
        yield Desk(dashboard, client)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with started_browser() as browser:
        yield browser


@pytest.fixture
def watched(browser: Browser, dashboard: Dashboard) -> Iterator[WatchedPage]:
    with watched_page(browser, dashboard.url) as page:
        yield page
