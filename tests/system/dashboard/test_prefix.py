"""The dashboard at /decider/ of a real gateway with the shipped files, beside the site it protects."""

import http.client
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect

from tests.servers import Server, dies_with_us, free_port
from tests.system.dashboard.conftest import Dashboard, answers, running_dashboard
from tests.system.dashboard.watched_page import PASSWORD, watched_page
from tests.system.nginx.running_nginx import render

SOON_MS = 10_000
PREFIX = "/decider/"
SWITCHED_OFF = "    # include decider/dashboard.conf;"


@contextmanager
def gateway(folder: Path, dashboard_port: int) -> Iterator[str]:
    """Nginx as an operator sets it up: the two lines that the files tell to change. Gives its URL."""
    places = render(folder)
    text = places.addresses.read_text()
    for old, new in (
        (SWITCHED_OFF, SWITCHED_OFF.replace("# ", "")),
        ("server 127.0.0.1:8050;", f"server 127.0.0.1:{dashboard_port};"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    places.addresses.write_text(text)
    command = ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(places.conf), "-g", "daemon off;"]
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(dies_with_us(command), stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{places.port}"
    try:
        deadline = time.monotonic() + 10
        while not answers(f"{url}{PREFIX}login"):
            assert time.monotonic() < deadline, (folder / "nginx.log").read_text()
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def published(tmp_path: Path, mongo: Server) -> Iterator[tuple[Dashboard, str]]:
    """The dashboard, and its address through the gateway without the last slash."""
    port = free_port()
    with (
        running_dashboard(tmp_path, mongo, port=port, DASHBOARD_PREFIX=PREFIX) as running,
        gateway(tmp_path / "gateway", port) as url,
    ):
        yield running, url + PREFIX.rstrip("/")


def ask(url: str, method: str, path: str, body: str = "", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(url.split("/")[2], timeout=10)
    connection.request(method, path, body or None, headers)
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply


def test_an_operator_signs_in_and_works_under_the_prefix(
    published: tuple[Dashboard, str], browser: Browser
) -> None:
    dashboard, url = published
    now = int(time.time())
    for second in range(now - 30, now + 10):
        dashboard.add_traffic(second, allowed=100, blocked=40)
    dashboard.tell_alive()
    with watched_page(browser, url, user=None) as watched:
        page = watched.page
        page.locator("#name").fill("operator")
        page.locator("#password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#user")).to_have_text("operator operator", timeout=SOON_MS)
        assert page.url == f"{url}/"
        expect(page.locator("#kpi-share-note")).to_contain_text(" of ", timeout=SOON_MS)
        page.wait_for_selector("#map .layer.land path", state="attached", timeout=SOON_MS)
        page.locator("#range").get_by_text("1h", exact=True).click()
        page.wait_for_url(f"{url}/?range=1h")
        expect(page.get_by_role("link", name="Overview")).to_have_attribute("href", f"{PREFIX}?range=1h")
        assert {cookie["path"] for cookie in page.context.cookies()} == {PREFIX}
        page.locator("#log-out").click()
        page.wait_for_url(f"{url}/login")


def test_the_gateway_passes_on_who_signs_in_and_how(published: tuple[Dashboard, str]) -> None:
    _, url = published
    origin = url.removesuffix(PREFIX.rstrip("/"))
    form = urlencode({"name": "operator", "password": PASSWORD})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin}
    wrong = urlencode({"name": "nobody", "password": "x"})
    guesser = headers | {"X-Forwarded-For": "203.0.113.66"}
    statuses = [ask(url, "POST", f"{PREFIX}login", wrong, **guesser).status for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    reply = ask(url, "POST", f"{PREFIX}login", form, **headers, **{"X-Forwarded-For": "203.0.113.67"})
    assert (reply.status, reply.headers["Location"]) == (303, PREFIX)
    assert "Secure" not in reply.headers["Set-Cookie"]
    by_https = headers | {"X-Forwarded-For": "203.0.113.68", "X-Forwarded-Proto": "https"}
    assert "Secure" in ask(url, "POST", f"{PREFIX}login", form, **by_https).headers["Set-Cookie"]
    evil = headers | {"Origin": "https://evil.example"}
    assert ask(url, "POST", f"{PREFIX}login", form, **evil).status == 403


def test_only_the_dashboard_is_published_and_only_under_its_prefix(published: tuple[Dashboard, str]) -> None:
    _, url = published
    assert ask(url, "GET", f"{PREFIX}_dash-layout").status == 401
    assert ask(url, "GET", f"{PREFIX}healthz").status == 303
    assert ask(url, "GET", "/decider").headers["Location"] == PREFIX
    assert ask(url, "GET", PREFIX, Host="evil.example").status == 400
    assert ask(url, "GET", "/login").status == 502  # the application's, which does not run here
