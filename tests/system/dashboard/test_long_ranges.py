"""Ranges beyond an hour as an operator reads them: from rollups, all pages of one opinion."""

import re
import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system.dashboard.conftest import Dashboard
from tests.system.dashboard.watched_page import watched_page

SOON_MS = 10_000
HOUR, DAY = 3_600, 86_400
POINTS = "document.querySelector('#traffic .js-plotly-plot')?.data?.[0].x.length"


def drawn(page: Page, more_than: int) -> int:
    """Points of the chart, once there are more than so many."""
    deadline = time.monotonic() + SOON_MS / 1_000
    while (points := page.evaluate(POINTS) or 0) <= more_than:
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
    return int(points)


def seed(dashboard: Dashboard) -> None:
    """100 allowed and 40 blocked in each of: this minute, 3 hours ago, 3 days ago, 20 days ago."""
    now = int(time.time())
    dashboard.add_traffic(now - 2, 100, 40)
    dashboard.add_totals("traffic_minute", (now - 3 * HOUR) // 60 * 60, 100, 40)
    for ago in (3 * HOUR, 3 * DAY, 20 * DAY):
        dashboard.add_totals("traffic_hour", (now - ago) // HOUR * HOUR, 100, 40, country="DE")
    dashboard.tell_alive()


@pytest.mark.parametrize(
    ("key", "times", "bucket"),
    [
        ("1h", 1, "15 seconds"),
        ("6h", 2, "minute"),
        ("24h", 2, "5 minutes"),
        ("7d", 3, "hour"),
        ("30d", 4, "2 hours"),
    ],
)
def test_a_range_counts_everything_in_it_on_every_page_and_says_its_bucket(
    dashboard: Dashboard, browser: Browser, key: str, times: int, bucket: str
) -> None:
    seed(dashboard)
    with watched_page(browser, dashboard.url, start=f"/?range={key}") as watched:
        page = watched.page
        counted = f"{40 * times:,} of {140 * times:,} in the last"
        expect(page.locator("#kpi-share-note")).to_contain_text(counted, timeout=SOON_MS)
        expect(page.locator("#traffic-note")).to_have_text(
            f"requests a second, mean of each {bucket}, UTC", timeout=SOON_MS
        )
        expect(page.locator("#pause")).to_be_enabled(enabled=key == "1h")
        drawn(page, 10)
        page.get_by_role("link", name="Savings & system").click()
        page.wait_for_url(f"**/savings?range={key}")
        table = page.locator("#savings-counts")
        expect(table).to_contain_text(f"{140 * times:,}", timeout=SOON_MS)
        expect(table).to_contain_text(f"{40 * times:,} (28.6 %)")


def test_a_custom_range_of_last_month_is_drawn_from_hours(dashboard: Dashboard, browser: Browser) -> None:
    seed(dashboard)
    hour = (int(time.time()) - 20 * DAY) // HOUR * HOUR
    start, end = (
        datetime.fromtimestamp(one, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for one in (hour - 60, hour + 60)
    )
    with watched_page(browser, dashboard.url, start=f"/?from={start}&to={end}") as watched:
        page = watched.page
        expect(page.locator("#kpi-share-note")).to_contain_text("40 of 140 from 20", timeout=SOON_MS)
        expect(page.locator("#kpi-requests-note")).to_contain_text("average from 20")
        expect(page.locator("#traffic-note")).to_contain_text("mean of each hour, UTC")
        assert drawn(page, 1) == 2


def test_a_long_range_stands_still_until_it_is_asked_for_again(
    dashboard: Dashboard, browser: Browser
) -> None:
    seed(dashboard)
    with watched_page(browser, dashboard.url, start="/?range=24h") as watched:
        page, asked = watched.page, list[str]()
        expect(page.locator("#kpi-share-note")).to_contain_text("80 of 280", timeout=SOON_MS)
        page.on("request", lambda one: asked.append(one.post_data or "") if "update" in one.url else None)
        page.wait_for_timeout(3_500)
        assert not [one for one in asked if re.search(r"kpi-share\.children", one)]
        page.locator("#range").get_by_text("5m", exact=True).click()
        expect(page.locator("#kpi-share-note")).to_contain_text("40 of 140", timeout=SOON_MS)
        expect(page.locator("#traffic-note")).to_contain_text("mean of each second")
