"""How an operator gets around: look-up, filters, keyboard; and what a page says while it has no numbers."""

import csv
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.dns_responder import dns_responder
from tests.servers import Server, redis_server
from tests.system.dashboard.conftest import Dashboard, Desk, running_dashboard
from tests.system.dashboard.watched_page import WatchedPage, watched_page

SOON_MS = 20_000
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
YANDEX = "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"
RECORDS = {
    ("7.113.0.203.in-addr.arpa", "PTR"): ["203-0-113-7.spider.yandex.com."],
    ("203-0-113-7.spider.yandex.com", "A"): ["203.0.113.7"],
    ("8.113.0.203.in-addr.arpa", "PTR"): ["203-0-113-7.spider.yandex.com."],
}
PAGES = ("/events", "/offenders", "/client/203.0.113.7", "/savings")
LOWEST_CONTRAST = 4.5  # WCAG 2.1 AA, text of ordinary size
#: Texts whose computed colour stands out too little from what is painted behind them (WCAG 2.1, 1.4.3).
FAINT_TEXTS = """(lowest) => {
    const parts = (text) => {
        const numbers = (text.match(/[\\d.]+/g) || []).map(Number);
        return text.startsWith("color(") ? numbers.map((one, place) => place < 3 ? 255 * one : one) : numbers;
    };
    const light = (rgb) => {
        const [r, g, b] = rgb.map((one) => {
            const part = one / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const over = (front, back) => {
        const alpha = front.length > 3 ? front[3] : 1;
        return [0, 1, 2].map((place) => alpha * front[place] + (1 - alpha) * back[place]);
    };
    const behind = (element) => {
        const layers = [];
        for (let one = element; one; one = one.parentElement) {
            layers.push(parts(getComputedStyle(one).backgroundColor));
        }
        const paint = (back, front) => front.length ? over(front, back) : back;
        return layers.reverse().reduce(paint, [255, 255, 255]);
    };
    const faint = [];
    document.querySelectorAll("body *").forEach((element) => {
        const said = [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
        const isOff = element.closest("svg, [disabled], [data-disabled], script, style, noscript");
        const seen = {opacityProperty: true, visibilityProperty: true};
        if (!said || isOff || !element.checkVisibility(seen)) return;
        const back = behind(element);
        const [one, other] = [light(over(parts(getComputedStyle(element).color), back)), light(back)];
        const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        if (contrast < lowest) {
            faint.push(`${element.className || element.tagName}: ${element.textContent}: ${contrast}`);
        }
    });
    return faint;
}"""


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_text_stands_out_from_what_is_behind_it(
    desk: Desk, browser: Browser, scheme: Literal["dark", "light"]
) -> None:
    desk.dashboard.add_ban("203.0.113.7")
    desk.dashboard.add_traffic(int(time.time()) - 5, allowed=10, blocked=4)
    with watched_page(browser, desk.dashboard.url, color_scheme=scheme) as watched:
        page = watched.page
        for path in (*PAGES, "/offenders?country=SG&range=1h"):
            page.goto(desk.dashboard.url + path)
            expect(page.locator("#badge")).not_to_have_text("…", timeout=SOON_MS)
            expect(page.locator("#page")).to_contain_text(
                re.compile("203.0.113.7|Newest event"), timeout=SOON_MS
            )
            assert page.evaluate(FAINT_TEXTS, LOWEST_CONTRAST) == []
        assert page.evaluate(FAINT_TEXTS, 21.1) != []  # the measure sees texts at all
        assert page.evaluate("document.documentElement.lang") == "en"


def test_the_look_up_leads_from_an_address_or_a_request_id_to_what_is_known(
    desk: Desk, browser: Browser
) -> None:
    desk.dashboard.add_ban("203.0.113.7", request_id="6f1c2d")
    with watched_page(browser, desk.dashboard.url, start="/offenders?range=1h") as watched:
        page = watched.page
        page.locator("#offenders-look-up").fill("203.0.113.7")
        page.locator("#offenders-look-up").press("Enter")
        expect(page.locator("h1")).to_have_text("Client 203.0.113.7", timeout=SOON_MS)
        assert page.url.endswith("/client/203.0.113.7?range=1h")
        page.locator("#client-look-up").fill("6f1c2d")
        page.locator("#client-look-up").press("Enter")
        expect(page.locator("#events-state")).to_contain_text("Found by request id", timeout=SOON_MS)
        expect(page.locator("#events .ag-row")).to_contain_text("203.0.113.7")


def test_filters_that_came_along_are_said_and_can_be_dropped(desk: Desk, browser: Browser) -> None:
    desk.dashboard.add_ban("203.0.113.7", country="SG")
    desk.dashboard.add_ban("198.51.100.1", country="DE")
    with watched_page(browser, desk.dashboard.url, start="/offenders?range=1h&country=SG") as watched:
        page = watched.page
        rows = page.locator("#offenders .ag-center-cols-container .ag-row[row-id]")
        expect(page.locator("#offenders-state")).to_contain_text("1 client", timeout=SOON_MS)
        page.get_by_role("link", name="country Singapore").click()
        expect(page.locator("#offenders-state")).to_contain_text("2 clients", timeout=SOON_MS)
        expect(rows).to_have_count(2, timeout=SOON_MS)
        assert page.url.endswith("/offenders?range=1h")
        page.goto(f"{desk.dashboard.url}/savings?country=SG")
        expect(page.locator("#page")).to_contain_text("All traffic is counted here", timeout=SOON_MS)


@pytest.mark.parametrize(
    ("address", "user_agent", "said"),
    [
        ("66.249.66.1", GOOGLEBOT, "Claims to be googlebot: verified by the addresses"),
        ("203.0.113.9", GOOGLEBOT, "Claims to be googlebot: denied by the addresses"),
        ("203.0.113.7", YANDEX, "Claims to be yandexbot: verified by reverse DNS"),
        ("203.0.113.8", YANDEX, "Claims to be yandexbot: denied by reverse DNS"),
        ("203.0.113.9", "curl/8", "Claims to be no known crawler"),
        ("66.249.66.1", "", "No user agent of it is recorded."),
    ],
)
def test_the_client_page_says_what_a_claim_to_be_a_crawler_is_worth(
    tmp_path: Path, mongo: Server, browser: Browser, address: str, user_agent: str, said: str
) -> None:
    with (
        dns_responder(RECORDS) as dns,
        redis_server(tmp_path / "redis") as redis,
        running_dashboard(tmp_path, mongo, REDIS_URL=redis.url, DECIDER_DNS=dns.address) as dashboard,
    ):
        dashboard.add_ban(address, user_agent=user_agent)
        with watched_page(browser, dashboard.url, start=f"/client/{address}") as watched:
            expect(watched.page.locator("#client-crawler")).to_contain_text(said, timeout=SOON_MS)


def test_a_claim_that_dns_cannot_answer_stays_unknown_and_holds_nothing_up(
    desk: Desk, browser: Browser
) -> None:
    desk.dashboard.add_ban("203.0.113.7", user_agent=YANDEX)  # this machine's resolvers know no such address
    with watched_page(browser, desk.dashboard.url, start="/client/203.0.113.7") as watched:
        expect(watched.page.locator("#client-why")).to_contain_text("blocked at", timeout=SOON_MS)
        expect(watched.page.locator("#client-crawler")).to_contain_text(
            re.compile("yandexbot: (unknown|denied)"), timeout=SOON_MS
        )


def test_an_office_is_unbanned_by_keyboard_alone(desk: Desk, browser: Browser) -> None:
    desk.dashboard.add_ban("203.0.113.7")
    with watched_page(browser, desk.dashboard.url, start="/client/203.0.113.7") as watched:
        page = watched.page
        expect(page.locator("#client-why")).to_contain_text("blocked at", timeout=SOON_MS)
        page.locator("body").press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        press_tab_until(page, lambda: page.evaluate("document.activeElement.id") == "client-act-unban")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible(timeout=SOON_MS)
        expect(page.locator("#client-act-reason")).to_be_focused(timeout=SOON_MS)
        page.keyboard.press("Enter")
        expect(page.locator("#client-act-fault")).to_contain_text("Write a reason", timeout=SOON_MS)
        page.keyboard.type("an office")
        expect(page.locator("#client-act-reason")).to_have_value("an office")
        page.keyboard.press("Enter")
        expect(page.locator("#client-act-done")).to_contain_text("unbanned", timeout=SOON_MS)
    assert len(desk.events()) == 1


def test_the_selected_offenders_are_exported_and_run_nothing(desk: Desk, browser: Browser) -> None:
    for client in ("203.0.113.7", "203.0.113.8", "203.0.113.9"):
        desk.dashboard.add_ban(client, path='=HYPERLINK("http://evil.example")')
    with watched_page(browser, desk.dashboard.url, start="/offenders?range=1h") as watched:
        page = watched.page
        expect(page.locator("#offenders-state")).to_contain_text("3 clients", timeout=SOON_MS)
        page.locator("#offenders-csv-selected").click()
        expect(page.locator("#offenders-notice")).to_contain_text("Select one or more", timeout=SOON_MS)
        for client in ("203.0.113.7", "203.0.113.9"):
            page.locator(f"#offenders .ag-row[row-id='{client}'] input[type=checkbox]").first.check()
        with page.expect_download() as downloaded:
            page.locator("#offenders-csv-selected").click()
        lines = list(csv.DictReader(downloaded.value.path().read_text().splitlines()))
    assert sorted(line["client"] for line in lines) == ["203.0.113.7", "203.0.113.9"]
    assert {line["path"] for line in lines} == {'\'=HYPERLINK("http://evil.example")'}


def press_tab_until(page: Page, is_there: Callable[[], bool], most: int = 60) -> None:
    for _ in range(most):
        if is_there():
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by {most} tabs")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_that_is_still_loading_does_not_say_that_there_is_nothing(
    desk: Desk, browser: Browser, path: str
) -> None:
    held: list[Route] = []
    with watched_page(browser, desk.dashboard.url, start="/events") as watched:
        page = watched.page
        expect(page.locator("#badge")).not_to_have_text("…", timeout=SOON_MS)

        def hold(route: Route) -> None:
            if "_pages_content" in (route.request.post_data or ""):
                route.continue_()
            else:
                held.append(route)

        page.route("**/_dash-update-component*", hold)
        page.goto(desk.dashboard.url + path)
        expect(page.locator("#page")).to_contain_text("Loading", timeout=SOON_MS)
        shown = watched.text("#page")
        assert not re.search("No event|Nobody|Both lists are empty|Never banned|No recorder|Nothing ", shown)
        assert held
        page.unroute("**/_dash-update-component*", hold)  # lets those that were held go on
        expect(page.locator("#page")).not_to_contain_text("Loading", timeout=SOON_MS)


def test_every_tile_says_that_its_numbers_stand_still(dashboard: Dashboard, watched: WatchedPage) -> None:
    page = watched.page
    dashboard.tell_alive(ts=datetime.fromtimestamp(time.time() - 60, UTC))
    page.goto(f"{dashboard.url}/savings")
    tiles = page.locator(".panel-head")
    expect(tiles).not_to_have_count(0, timeout=SOON_MS)
    expect(page.locator("html")).to_have_attribute("data-state", "stale", timeout=SOON_MS)
    assert all("stale: no recorder reports" in one for one in said_beside(page))
    dashboard.tell_alive()
    expect(page.locator("html")).to_have_attribute("data-state", "live", timeout=SOON_MS)
    assert said_beside(page) == ["none"] * tiles.count()
    page.route("**/_dash-update-component*", lambda route: route.abort())
    expect(page.locator("html")).to_have_attribute("data-reach", "lost", timeout=SOON_MS)
    assert all("dashboard unreachable" in one for one in said_beside(page))
    page.unroute_all()
    expect(page.locator("html")).not_to_have_attribute("data-reach", "lost", timeout=SOON_MS)
    watched.errors.clear()  # of the requests that were broken off on purpose
    dashboard.mongo.stop()
    expect(page.locator("html")).to_have_attribute("data-state", "no-database", timeout=2 * SOON_MS)
    assert all("database unreachable" in one for one in said_beside(page))


def said_beside(page: Page) -> list[str]:
    """What style.css adds to the title of each tile."""
    told: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".panel-head")]
            .map((one) => getComputedStyle(one, "::after").content)"""
    )
    return told
