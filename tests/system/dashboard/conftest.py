"""The real dashboard on the real embedded MongoDB-compatible server, looked at with a real Chromium.

A page is signed in as an operator unless told otherwise. It remembers every request to another host and every
error; each test ends by finding none of either.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, sync_playwright
from pymongo import MongoClient
from redis import Redis
from werkzeug.security import generate_password_hash

from tests.servers import ROOT, Server, dies_with_us, free_port, mongo_server, redis_server

START_SECONDS = 30.0
PASSWORD = "correct horse battery staple"  # noqa: S105  of accounts that live as long as a test
# the least cost that is accepted: tests sign in often
PASSWORD_HASH = generate_password_hash(PASSWORD, "scrypt:16384:8:1")
LOGIN_SETTINGS = {
    "DASHBOARD_USERS": f"operator:operator:{PASSWORD_HASH};viewer:viewer:{PASSWORD_HASH}",
    "DASHBOARD_SECRET": "s" * 32,
}
CHROMIUM_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@dataclass
class Dashboard:
    """``url`` ends without a slash."""

    url: str
    mongo: Server
    process: subprocess.Popen[bytes]

    @property
    def database(self) -> Any:
        return MongoClient(self.mongo.url, tz_aware=True).get_default_database()

    def tell_alive(self, **more: Any) -> None:
        status = {"ts": datetime.now(UTC), "lag_events": 0, "redis_reachable": True, "workers": [], **more}
        with MongoClient[dict[str, Any]](self.mongo.url) as client:
            client.get_default_database().recorder_status.replace_one(
                {"_id": "node"}, {"_id": "node", **status}, upsert=True
            )

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
        with MongoClient[dict[str, Any]](self.mongo.url) as client:
            client.get_default_database()[collection].replace_one(
                {"_id": document["_id"]}, document, upsert=True
            )

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
        with MongoClient[dict[str, Any]](self.mongo.url) as client:
            client.get_default_database().events.insert_one(document)


@contextmanager
def running_dashboard(
    folder: Path, mongo: Server, port: int | None = None, **settings: str
) -> Iterator[Dashboard]:
    port = port or free_port()
    origin = f"http://127.0.0.1:{port}"
    own = {"MONGODB_URI": mongo.url, "DASHBOARD_BIND": f"127.0.0.1:{port}"}
    with (folder / "dashboard.log").open("ab") as log:
        process = subprocess.Popen(
            dies_with_us(
                [
                    *(sys.executable, "-m", "gunicorn", "--no-control-socket"),
                    *("-c", "python:dash_app.gunicorn_conf", "dash_app.wsgi:server"),
                ]
            ),
            env={**os.environ, **LOGIN_SETTINGS, **own, **settings},
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    dashboard = Dashboard(origin + settings.get("DASHBOARD_PREFIX", "").rstrip("/"), mongo, process)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(origin + "/healthz"):
            log_text = (folder / "dashboard.log").read_text()
            assert process.poll() is None and time.monotonic() < deadline, log_text
            time.sleep(0.1)
        yield dashboard
    finally:
        process.terminate()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    with mongo_server(tmp_path / "mongo") as mongo, running_dashboard(tmp_path, mongo) as running:
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
def desk(tmp_path: Path) -> Iterator[Desk]:
    with (
        mongo_server(tmp_path / "mongo") as mongo,
        redis_server(tmp_path / "redis") as redis,
        running_dashboard(tmp_path, mongo, REDIS_URL=redis.url) as dashboard,
        Redis.from_url(redis.url) as client,
    ):
        dashboard.tell_alive()
        yield Desk(dashboard, client)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield started
        started.close()


@dataclass
class WatchedPage:
    page: Page
    foreign_requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()


@pytest.fixture
def watched(browser: Browser, dashboard: Dashboard) -> Iterator[WatchedPage]:
    with watched_page(browser, dashboard.url) as page:
        yield page


def sign_in(context: BrowserContext, url: str, user: str) -> None:
    """Give this browser context the session of ``user``."""
    origin = "/".join(url.split("/")[:3])
    reply = context.request.post(
        f"{url}/login", form={"name": user, "password": PASSWORD}, headers={"Origin": origin}, max_redirects=0
    )
    assert reply.status == 303, reply.text()


@contextmanager
def watched_page(
    browser: Browser, url: str, user: str | None = "operator", start: str = "", **options: Any
) -> Iterator[WatchedPage]:
    """A page at ``url + start``, signed in as ``user``; None is nobody."""
    options = {"viewport": {"width": 1440, "height": 1000}, **options}
    context = browser.new_context(**options)
    if user:
        sign_in(context, url, user)
    watched = WatchedPage(context.new_page())

    def only_ours(route: Route) -> None:
        if route.request.url.startswith(url):
            route.continue_()
        else:
            watched.foreign_requests.append(route.request.url)
            route.abort()

    def refused(dialog: Dialog) -> None:
        watched.errors.append("dialog")
        dialog.dismiss()

    context.route("**/*", only_ours)
    watched.page.on("pageerror", lambda error: watched.errors.append(str(error)))
    watched.page.on("dialog", refused)
    watched.page.on(
        "console", lambda line: watched.errors.append(line.text) if line.type == "error" else None
    )
    watched.page.goto(url + (start or "/"))
    yield watched
    context.close()
    assert watched.foreign_requests == []
    assert watched.errors == []
