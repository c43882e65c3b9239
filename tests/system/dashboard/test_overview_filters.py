"""Top lists, filters and attacks of the overview. Page errors and foreign requests fail every test."""

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system.dashboard.conftest import Dashboard
from tests.system.dashboard.watched_page import WatchedPage, watched_page

SOON_MS = 20_000
HOSTILE = (
    "<script>window.hacked=1</script>",
    '<img src="http://evil.example/x.png" onerror="window.hacked=1">',
    "![x](http://evil.example/px.png)",
    "\u202egnp.exe",
)


def seed(dashboard: Dashboard) -> None:
    """Two minutes of 100 allowed and 40 blocked requests a second from Germany and the US, and three bans."""
    now = int(time.time())
    parts = (("DE", "checkout", 60, 30), ("US", "login", 40, 10))
    for second in range(now - 60, now + 60):
        dashboard.add_traffic(
            second,
            allowed=100,
            blocked=40,
            by_country=[{"country": one[0], "allowed": one[2], "blocked": one[3]} for one in parts],
            by_route=[
                {"route": one[1], "allowed": one[2], "blocked": one[3], "upstream_seconds": 1.0, "bytes": 9}
                for one in parts
            ],
        )
    for number, country, asn, signal in (
        (1, "DE", 1, "burst"),
        (2, "US", 2, "identity"),
        (3, "US", 2, "burst"),
    ):
        dashboard.add_ban(
            f"203.0.113.{number}",
            country=country,
            asn=asn,
            network=f"Hoster {asn}",
            reasons=[{"signal": signal, "contribution": 0.9}],
            route={"DE": "checkout", "US": "login"}[country],
            user_agent=f"agent {asn}",
            sentence="52 requests in one second",
        )
    dashboard.tell_alive()


def press(page: Page, title: str, label: str, button: str) -> None:
    tile = page.locator("#tops .tile").filter(has=page.get_by_role("heading", name=title, exact=True))
    tile.locator("li").filter(has_text=label).get_by_role("link", name=re.compile(f"^{button}")).click(
        timeout=SOON_MS
    )


def lists(page: Page, title: str) -> list[str]:
    tile = page.locator("#tops .tile").filter(has=page.get_by_role("heading", name=title, exact=True))
    return tile.locator(".top-label").all_inner_texts()


def test_cards_have_a_line_and_the_chart_a_legend_in_one_row(
    dashboard: Dashboard, watched: WatchedPage
) -> None:
    seed(dashboard)
    page = watched.page
    for card in ("requests", "blocked", "share", "saved", "bans"):
        expect(page.locator(f"#kpi-{card}-spark svg path")).to_have_count(2, timeout=SOON_MS)
    tops = {round(one.bounding_box()["y"]) for one in page.locator(".legend li").all()}  # type: ignore[index]
    assert len(tops) == 1
    expect(page.locator("#kpi-requests-spark")).to_have_attribute("aria-hidden", "true")


def test_a_filter_narrows_the_tiles_says_what_it_cannot_and_goes_along(
    dashboard: Dashboard, watched: WatchedPage
) -> None:
    seed(dashboard)
    page = watched.page
    expect(page.locator("#tops")).to_contain_text("Germany", timeout=SOON_MS)
    press(page, "Countries", "Germany", "Filter")
    page.wait_for_url("**/?country=DE")
    expect(page.locator("#filters .chip")).to_have_text(re.compile("Country: Germany"), timeout=SOON_MS)
    expect(page.locator("#kpi-share")).to_have_text("33.3 %", timeout=SOON_MS)
    expect(page.locator("#kpi-bans")).to_have_text("1")
    expect(page.locator("#kpi-saved-note")).to_contain_text("all traffic")
    expect(page.locator("#kpi-share-note")).not_to_contain_text("all traffic")
    expect(page.locator("#attacks tbody tr")).to_have_count(1, timeout=SOON_MS)
    expect(page.locator("#bans .ag-row")).to_have_count(1, timeout=SOON_MS)
    assert lists(page, "Networks") == ["AS1 Hoster 1"]
    press(page, "Signals", "burst", "Exclude")
    expect(page.locator("#filters .chip")).to_have_count(2, timeout=SOON_MS)
    expect(page.locator("#kpi-share-note")).to_contain_text("all traffic", timeout=SOON_MS)
    expect(page.locator("#attacks")).to_contain_text("No attack in this range", timeout=SOON_MS)
    page.get_by_role("link", name="Events").click()
    page.wait_for_url("**/events?country=DE&not_signal=burst")
    expect(page.locator("#events-state")).to_contain_text("Nothing in", timeout=SOON_MS)
    page.locator("#filters .chip", has_text="burst").click()
    page.wait_for_url("**/events?country=DE")
    expect(page.locator("#events-state")).to_contain_text("1 event", timeout=SOON_MS)
    page.get_by_role("link", name="Savings & system").click()
    expect(page.locator("#filters")).to_contain_text("This page counts everything", timeout=SOON_MS)
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("#filters .chip")).to_have_count(0, timeout=SOON_MS)


def test_a_value_is_excluded_and_taken_in_again(dashboard: Dashboard, watched: WatchedPage) -> None:
    seed(dashboard)
    page = watched.page
    expect(page.locator("#tops")).to_contain_text("login", timeout=SOON_MS)
    press(page, "Routes", "login", "Exclude")
    expect(page.locator("#filters .chip")).to_have_text(re.compile("Route is not login"), timeout=SOON_MS)
    expect(page.locator("#kpi-share")).to_have_text("33.3 %", timeout=SOON_MS)
    expect(page.locator("#attacks tbody tr")).to_have_count(1, timeout=SOON_MS)
    assert lists(page, "Routes") == ["checkout"]
    page.locator("#filters .chip").click()
    expect(page.locator("#kpi-share")).to_have_text("28.6 %", timeout=SOON_MS)
    expect(page.locator("#attacks tbody tr")).to_have_count(3, timeout=SOON_MS)


def test_a_click_on_a_country_filters_by_it_and_a_second_one_no_more(
    dashboard: Dashboard, watched: WatchedPage
) -> None:
    seed(dashboard)
    page = watched.page
    for address in ("**/?country=DE", re.compile(r"/(\?)?$")):
        expect(page.locator("#map .scattergeo path.point").first).to_be_visible(timeout=SOON_MS)
        page.wait_for_selector("#map .layer.land path", state="attached", timeout=SOON_MS)
        page.wait_for_timeout(1_000)  # the map is drawn in steps
        box = page.locator("#map .scattergeo path.point").first.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] / 2 - 1, box["y"] + box["height"] / 2)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(300)  # plotly looks at what is under the mouse now and then
        page.mouse.down()
        page.mouse.up()
        page.wait_for_url(address, timeout=SOON_MS)
    expect(page.locator("#filters .chip")).to_have_count(0, timeout=SOON_MS)


def test_attacks_lead_to_their_client_and_say_what_is_known(
    dashboard: Dashboard, watched: WatchedPage
) -> None:
    seed(dashboard)
    page = watched.page
    row = page.locator("#attacks tbody tr", has_text="203.0.113.1")
    expect(row).to_contain_text("burst on checkout", timeout=SOON_MS)
    expect(row).to_contain_text("Germany · AS1 Hoster 1")
    expect(row).to_contain_text("banned until")
    expect(row.locator(".number")).to_have_text("30", timeout=SOON_MS)
    expect(page.locator("#attacks tbody tr", has_text="203.0.113.2").locator(".number")).to_have_text("–")
    row.get_by_role("link", name="203.0.113.1").click()
    page.wait_for_url("**/client/203.0.113.1*")


def test_hostile_values_stay_text_in_lists_attacks_and_chips(dashboard: Dashboard, browser: Browser) -> None:
    seed(dashboard)
    for number, text in enumerate(HOSTILE):
        names = ("user_agent", "network", "route", "sentence", "city")
        dashboard.add_ban(
            f"198.51.100.{number}",
            country=text[:40],
            asn=900 + number,
            latitude=10.0 * number,
            longitude=10.0,
            reasons=[{"signal": text, "contribution": 0.9}],
            **dict.fromkeys(names, text),
        )
    with watched_page(browser, dashboard.url, start="/?not_country=%3Cimg src=x%3E") as watched:
        page = watched.page
        expect(page.locator("#tops")).to_contain_text("<script>", timeout=SOON_MS)
        expect(page.locator("#attacks")).to_contain_text("<script>", timeout=SOON_MS)
        expect(page.locator("#filters")).to_contain_text("<IMG SRC=X>")
        press(page, "User agents", "<script>", "Filter")
        expect(page.locator("#filters .chip")).to_have_count(2, timeout=SOON_MS)
        expect(page.locator("#bans .ag-row")).to_have_count(1, timeout=SOON_MS)
        assert page.locator("#page img, #page script, #filters img, a[href*='//evil']").count() == 0
        assert page.evaluate("window.hacked") is None
        assert "\u202e" not in page.locator("body").inner_text()


def test_every_tile_says_that_it_stands_still(dashboard: Dashboard, watched: WatchedPage) -> None:
    seed(dashboard)
    page = watched.page
    expect(page.locator("#kpi-share")).to_have_text("28.6 %", timeout=SOON_MS)
    dashboard.mongo.kill()
    expect(page.locator("#content")).to_have_class("standing-still", timeout=SOON_MS)
    told = "window.getComputedStyle(document.querySelector('{}'), '::after').content"
    for tile in ("#kpi-requests", "#traffic", "#map", "#attacks", "#tops .tile", "#bans"):
        where = ".card-title" if tile.startswith("#kpi") else f".panel-head:has(~ {tile})"
        where = "#tops .panel-head" if tile.startswith("#tops") else where
        assert "no database" in page.evaluate(told.format(where)), tile


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_nothing_is_cut_off_at_any_width(dashboard: Dashboard, browser: Browser, width: int) -> None:
    seed(dashboard)
    with watched_page(browser, dashboard.url, viewport={"width": width, "height": 900}) as watched:
        page = watched.page
        expect(page.locator("#tops")).to_contain_text("Germany", timeout=SOON_MS)
        expect(page.locator("#attacks tbody tr")).to_have_count(3, timeout=SOON_MS)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for panel in page.locator("#content .panel, #content .tile, #content .card").all():
            assert panel.evaluate("one => one.scrollWidth - one.clientWidth") <= 1, panel.inner_text()[:80]
