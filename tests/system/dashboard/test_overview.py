"""The overview as an operator sees it. Every test also fails on a page error or a request to another host."""

import http.client
import re
import time
import urllib.request
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.system.dashboard.conftest import Dashboard
from tests.system.dashboard.watched_page import WatchedPage, watched_page

SOON_MS = 10_000
HOSTILE = (
    "<script>window.hacked=1</script>",
    '<img src="http://evil.example/x.png" onerror="window.hacked=1">',
    "![x](http://evil.example/px.png)",
    '=HYPERLINK("http://evil.example")',
    "\u202egnp.exe",
    "a" * 8_000,
)


def seed(dashboard: Dashboard, blocked: int = 40) -> None:
    now = int(time.time())
    for second in range(now - 60, now + 1):
        dashboard.add_traffic(second, allowed=100, blocked=blocked)
    dashboard.tell_alive()


def test_an_attack_is_seen_while_it_runs(dashboard: Dashboard, watched: WatchedPage) -> None:
    seed(dashboard, blocked=0)
    page = watched.page
    expect(page.locator("#kpi-requests")).to_have_text(re.compile(r"\d"), timeout=SOON_MS)
    before = watched.text("#kpi-share")
    dashboard.add_ban("203.0.113.7")
    now = int(time.time())
    for second in range(now - 5, now + 6):
        dashboard.add_traffic(second, allowed=100, blocked=400)
    dashboard.tell_alive()
    expect(page.locator("#kpi-share")).not_to_have_text(before, timeout=SOON_MS)
    expect(page.locator("#kpi-bans")).to_have_text("1", timeout=SOON_MS)
    expect(page.locator("#kpi-saved")).to_contain_text("$", timeout=SOON_MS)
    expect(page.locator("#kpi-blocked-change")).to_have_text("none in the 5 minutes before", timeout=SOON_MS)
    row = page.locator("#bans .ag-row").first
    expect(row).to_contain_text("203.0.113.7", timeout=SOON_MS)
    expect(row).to_contain_text("Singapore")
    expect(row).to_contain_text("AS64500 Example")
    expect(row).to_contain_text("burst 0.95")
    expect(page.locator("#badge")).to_have_text(re.compile("live", re.IGNORECASE))


def test_the_map_is_drawn_without_the_internet(dashboard: Dashboard, watched: WatchedPage) -> None:
    seed(dashboard)
    page = watched.page
    expect(page.locator("#map .scattergeo path.point")).to_have_count(1, timeout=SOON_MS)
    page.wait_for_selector("#map .layer.land path", state="attached", timeout=SOON_MS)
    assert page.locator("#map .layer.land path").first.get_attribute("d")


def test_hostile_text_stays_text_and_is_fetched_nowhere(dashboard: Dashboard, watched: WatchedPage) -> None:
    seed(dashboard)
    for number, text in enumerate(HOSTILE):
        dashboard.add_ban(f"203.0.113.{number}", path=text, user_agent=text, network=text, country=text[:40])
    page = watched.page
    expect(page.locator("#bans .ag-row")).to_have_count(len(HOSTILE), timeout=SOON_MS)
    assert page.locator("#bans img, #bans .ag-cell a, #bans .ag-cell script").count() == 0
    shown = page.locator("#bans").inner_text()
    assert "<script>" in shown
    assert "\u202e" not in shown


def test_an_empty_database_says_what_to_do(dashboard: Dashboard, watched: WatchedPage) -> None:
    expect(watched.page.locator("#empty")).to_be_visible(timeout=SOON_MS)
    expect(watched.page.locator("#empty")).to_contain_text("make attack")
    seed(dashboard)
    expect(watched.page.locator("#content")).to_be_visible(timeout=SOON_MS)
    expect(watched.page.locator("#empty")).to_be_hidden()


def test_a_dead_database_is_said_clearly_and_found_again(dashboard: Dashboard, watched: WatchedPage) -> None:
    seed(dashboard)
    expect(watched.page.locator("#badge")).to_have_text(re.compile("live", re.IGNORECASE), timeout=SOON_MS)
    dashboard.mongo.kill()
    notice = watched.page.locator("#notice")
    expect(notice).to_contain_text("MongoDB does not answer", timeout=SOON_MS)
    assert "mongodb://" not in notice.inner_text()
    dashboard.mongo.start()
    dashboard.tell_alive()
    expect(notice).not_to_contain_text("MongoDB does not answer", timeout=2 * SOON_MS)


def test_fail_open_degraded_and_stale_are_told_above_the_numbers(
    dashboard: Dashboard, watched: WatchedPage
) -> None:
    seed(dashboard)
    dashboard.add_traffic(int(time.time()) - 5, allowed=10, blocked=0, fail_open=7)
    dashboard.tell_alive(workers=[{"degraded": True}])
    notice = watched.page.locator("#notice")
    expect(notice).to_contain_text("7 requests", timeout=SOON_MS)
    expect(notice).to_contain_text("Redis is away", timeout=SOON_MS)
    expect(watched.page.locator("#badge")).to_have_text(re.compile("stale", re.IGNORECASE), timeout=20_000)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_page_follows_the_colour_scheme_of_the_system(
    dashboard: Dashboard, browser: Browser, scheme: Literal["dark", "light"]
) -> None:
    seed(dashboard)
    with watched_page(browser, dashboard.url, color_scheme=scheme) as watched:
        root = watched.page.locator("html")
        expect(root).to_have_attribute("data-mantine-color-scheme", scheme, timeout=SOON_MS)
        expect(root).to_have_attribute("data-ag-theme-mode", scheme, timeout=SOON_MS)


def test_a_longer_range_redraws_and_goes_on(dashboard: Dashboard, watched: WatchedPage) -> None:
    seed(dashboard)
    page = watched.page
    expect(page.locator("#kpi-share-note")).to_contain_text("5 minutes", timeout=SOON_MS)
    page.locator("#range").get_by_text("15m", exact=True).click()
    expect(page.locator("#kpi-share-note")).to_contain_text("15 minutes", timeout=SOON_MS)


def test_a_script_that_is_loaded_late_is_not_sent_twice(dashboard: Dashboard, watched: WatchedPage) -> None:
    ask, chart = watched.page.request, f"{dashboard.url}/_dash-component-suites/dash/dcc/async-graph.js"
    first = ask.get(chart)
    assert (first.status, first.headers["cache-control"]) == (200, "no-cache")
    assert ask.get(chart, headers={"If-None-Match": first.headers["etag"]}).status == 304
    assert ask.get(f"{dashboard.url}/").headers["cache-control"] == "no-store"


def test_headers_keep_the_page_to_itself(dashboard: Dashboard) -> None:
    with urllib.request.urlopen(f"{dashboard.url}/login") as reply:
        policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy


def test_a_foreign_host_name_is_refused(dashboard: Dashboard) -> None:
    connection = http.client.HTTPConnection(dashboard.url.removeprefix("http://"), timeout=5)
    connection.request("GET", "/", headers={"Host": "evil.example"})
    assert connection.getresponse().status == 400
    connection.close()
