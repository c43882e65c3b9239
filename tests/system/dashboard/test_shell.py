"""Header, navigation and time range as an operator uses them, on a wide screen, a phone and a keyboard."""

import time
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.system.dashboard.conftest import Dashboard
from tests.system.dashboard.watched_page import WatchedPage, watched_page

SOON_MS = 10_000
PHONE: ViewportSize = {"width": 390, "height": 844}


def seed(dashboard: Dashboard) -> None:
    now = int(time.time())
    for second in range(now - 30, now + 30):
        dashboard.add_traffic(second, allowed=100 + second % 7, blocked=40)
    dashboard.tell_alive()


def test_the_range_is_in_the_address_and_comes_back_with_it(
    dashboard: Dashboard, watched: WatchedPage
) -> None:
    seed(dashboard)
    page = watched.page
    page.locator("#range").get_by_text("1h", exact=True).click()
    page.wait_for_url("**/?range=1h")
    expect(page.locator("#kpi-share-note")).to_contain_text("in the last hour", timeout=SOON_MS)
    page.reload()
    expect(page.locator("#range input:checked")).to_have_value("1h", timeout=SOON_MS)
    expect(page.locator("#kpi-share-note")).to_contain_text("in the last hour", timeout=SOON_MS)
    href = page.get_by_role("link", name="Overview").get_attribute("href")
    assert href == "/?range=1h"
    page.go_back()
    expect(page.locator("#range input:checked")).to_have_value("5m", timeout=SOON_MS)


def test_range_and_filters_go_along_from_page_to_page(dashboard: Dashboard, browser: Browser) -> None:
    with watched_page(browser, dashboard.url, start="/?range=15m&country=SG&page=3") as watched:
        link = watched.page.get_by_role("link", name="Overview")
        expect(link).to_have_attribute("href", "/?range=15m&country=SG", timeout=SOON_MS)
        watched.page.locator("#range").get_by_text("1h", exact=True).click()
        watched.page.wait_for_url("**/?country=SG&page=3&range=1h")


def test_a_custom_range_is_chosen_in_local_time_and_written_in_utc(
    dashboard: Dashboard, browser: Browser
) -> None:
    seed(dashboard)
    with watched_page(browser, dashboard.url, timezone_id="Asia/Tokyo") as watched:
        page = watched.page
        expect(page.locator("#zone")).to_contain_text("Asia/Tokyo, UTC+09:00", timeout=SOON_MS)
        page.locator("#range").get_by_text("Custom", exact=True).click()
        page.get_by_role("button", name="Show this range").click()
        expect(page.get_by_role("alert").filter(has_text="minute to 31 days")).to_be_visible()
        page.evaluate(
            "dash_clientside.set_props('custom-from', {value: '2026-11-02 09:00:00'});"
            "dash_clientside.set_props('custom-to', {value: '2026-11-02 10:30:00'})"
        )
        page.get_by_role("button", name="Show this range").click()
        page.wait_for_url("**/?from=2026-11-02T00%3A00%3A00Z&to=2026-11-02T01%3A30%3A00Z")
        expect(page.locator("#range input:checked")).to_have_value("custom")
        expect(page.locator("#pause")).to_be_disabled()


@pytest.mark.parametrize(
    "search", ["?range=99y", "?from=x&to=y", "?range=%3Cscript%3E", "?from=1&from=2&range="]
)
def test_an_address_that_makes_no_sense_shows_the_default(
    dashboard: Dashboard, browser: Browser, search: str
) -> None:
    seed(dashboard)
    with watched_page(browser, dashboard.url, start=f"/{search}") as watched:
        expect(watched.page.locator("#kpi-share-note")).to_contain_text("5 minutes", timeout=SOON_MS)


TIMES = "document.querySelector('#traffic .js-plotly-plot').data[0].x.map(x => Date.parse(x + 'Z'))"


def test_pause_stands_still_and_resume_leaves_no_gap(dashboard: Dashboard, watched: WatchedPage) -> None:
    seed(dashboard)
    page = watched.page
    expect(page.locator("#kpi-share-note")).to_contain_text(" of ", timeout=SOON_MS)
    page.locator("#pause").click()
    expect(page.locator("#pause")).to_have_text("Resume")
    page.wait_for_timeout(1_500)  # an answer that was under way
    before = page.evaluate(TIMES)
    page.wait_for_timeout(3_500)
    assert page.evaluate(TIMES) == before
    page.locator("#pause").click()
    deadline = time.monotonic() + SOON_MS / 1_000
    while max(page.evaluate(TIMES)) <= max(before) + 3_000:
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)
    assert {after - one for one, after in pairwise(page.evaluate(TIMES))} == {1_000}


def test_only_pages_that_exist_are_in_the_navigation(dashboard: Dashboard, watched: WatchedPage) -> None:
    page = watched.page
    expect(page.get_by_role("link", name="Overview")).to_be_visible(timeout=SOON_MS)
    for link in page.locator("nav a").all():
        link.click()
        expect(page.locator("h1").first).to_be_visible(timeout=SOON_MS)
        assert "404" not in page.locator("h1").first.inner_text()


def test_on_a_phone_the_navigation_is_behind_a_button_and_nothing_is_cut_off(
    dashboard: Dashboard, browser: Browser
) -> None:
    seed(dashboard)
    with watched_page(browser, dashboard.url, viewport=PHONE) as watched:
        page = watched.page
        link = page.get_by_role("link", name="Overview")
        expect(page.locator("#kpi-share-note")).to_contain_text(" of ", timeout=SOON_MS)
        expect(link).not_to_be_in_viewport()
        page.get_by_role("button", name="Navigation").click()
        expect(link).to_be_in_viewport()
        expect(page.get_by_text("Signed in as operator (operator)")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        expect(page.locator("#log-out")).to_be_in_viewport()
        expect(page.locator("#pause")).to_be_in_viewport()


def test_everything_of_the_header_is_reached_by_keyboard(dashboard: Dashboard, watched: WatchedPage) -> None:
    page = watched.page
    expect(page.locator("#log-out")).to_be_visible(timeout=SOON_MS)
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("(now => now.id || now.innerText || now.value)(document.activeElement)"))
    assert reached[0] == "Skip to the page"
    for wanted in ("pause", "log-out", "navigation-0"):
        assert wanted in reached, reached
