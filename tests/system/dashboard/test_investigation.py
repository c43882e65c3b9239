"""Offenders, clients, events, savings as an operator works with them, with a real Redis behind the actions.

Every test also fails on a page error or a request to another host.
"""

import csv
import io
import re
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system.dashboard.conftest import Desk
from tests.system.dashboard.watched_page import watched_page

SOON_MS = 10_000
HOSTILE = (
    "<script>window.hacked=1</script>",
    '<img src="http://evil.example/x.png" onerror="window.hacked=1">',
    "![x](http://evil.example/px.png)",
    '=HYPERLINK("http://evil.example")',
    "\u202egnp.exe",
    "nul\x00byte",
    "a" * 8_000,
)
PAGES = ("/events", "/offenders", "/client/203.0.113.0", "/savings")


def act(page: Page, name: str, button: str, reason: str, length: str = "") -> None:
    page.locator(f"#{name}-act-{button}").click()
    if length:
        page.locator(f"#{name}-act-length").click()
        page.get_by_role("option", name=length).click()
    page.locator(f"#{name}-act-reason").fill(reason)
    page.locator(f"#{name}-act-confirm").click()


def test_events_are_filtered_paged_and_opened(desk: Desk, browser: Browser) -> None:
    dashboard = desk.dashboard
    now = datetime.now(UTC)
    for number in range(120):
        moment = now - timedelta(seconds=number)
        dashboard.add_ban("203.0.113.7", _id=f"{1_000 - number}", ts=moment, path=f"/sku/{number}")
    dashboard.add_ban("198.51.100.1", country="DE", user_agent="curl/8.1", request_id="complaint-1")
    with watched_page(browser, dashboard.url, start="/events?range=1h") as watched:
        page = watched.page
        expect(page.locator("#events-state")).to_contain_text("100 events", timeout=SOON_MS)
        page.locator("#events-older").click()
        expect(page.locator("#events-state")).to_contain_text("21 events", timeout=SOON_MS)
        page.get_by_label("Text, anywhere").fill("CURL")
        page.locator("#events-apply").click()
        expect(page).to_have_url(re.compile(r"range=1h.*text=CURL"), timeout=SOON_MS)
        expect(page.locator("#events .ag-center-cols-container .ag-row")).to_have_count(1, timeout=SOON_MS)
        page.locator("#events .ag-row [col-id=time]").first.click()
        expect(page.locator("#event")).to_contain_text('"request_id": "complaint-1"', timeout=SOON_MS)
        page.goto(f"{dashboard.url}/events?request_id=complaint-1")
        expect(page.locator("#events-state")).to_contain_text("Found by request id", timeout=SOON_MS)
        page.goto(f"{dashboard.url}/events?request_id=nobody")
        expect(page.locator("#events-state")).to_contain_text("No event has this request id", timeout=SOON_MS)


def test_the_csv_holds_the_whole_filter_and_runs_nothing(desk: Desk, browser: Browser) -> None:
    for number in range(30):
        desk.dashboard.add_ban("203.0.113.7", _id=f"b{number}")
    many = [
        {"_id": f"m{number}", "kind": "ban_started", "ts": datetime.now(UTC), "client": "192.0.2.1"}
        for number in range(2_500)
    ]
    desk.dashboard.database.events.insert_many(many)
    for number, text in enumerate(HOSTILE):
        desk.dashboard.add_ban(f"203.0.113.{number}", path=text, user_agent=text, referer=text, network=text)
    with watched_page(browser, desk.dashboard.url, start="/events?range=1h") as watched:
        reply = watched.page.context.request.get(f"{desk.dashboard.url}/events.csv?range=1h")
        assert reply.headers["content-type"].startswith("text/csv")
        rows = list(csv.reader(io.StringIO(reply.text())))
        assert len(rows) == 1 + 30 + 2_500 + len(HOSTILE)
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
        one = watched.page.context.request.get(f"{desk.dashboard.url}/events.csv?range=1h&client=203.0.113.3")
        assert "'=HYPERLINK" in one.text()
        assert len(one.text().splitlines()) == 2
    with watched_page(browser, desk.dashboard.url, user=None) as stranger:
        reply = stranger.page.context.request.get(f"{desk.dashboard.url}/events.csv", max_redirects=0)
        assert reply.status == 303


@pytest.mark.parametrize("path", PAGES)
def test_hostile_text_stays_text_on_every_page(desk: Desk, browser: Browser, path: str) -> None:
    for number, text in enumerate(HOSTILE):
        hostile = dict.fromkeys(
            ("path", "user_agent", "referer", "network", "note", "sentence", "city"), text
        )
        desk.dashboard.add_ban(f"203.0.113.{number}", **hostile, country=text[:40], actor=text)
        # and all of them by the client whose page is looked at
        desk.dashboard.add_ban("203.0.113.0", _id=f"x{number}", **hostile, country=text[:40], actor=text)
    with watched_page(browser, desk.dashboard.url, start=path) as watched:
        page = watched.page
        where = {"/savings": "#savings-audit td", "/offenders": "#offenders .ag-row"}.get(
            path, ".events .ag-row"
        )
        expect(page.locator(where).first).to_be_visible(timeout=SOON_MS)
        page.wait_for_timeout(1_500)  # live ticks redraw it
        assert page.locator("#page img, #page script, #page a[href*=evil]").count() == 0
        assert page.evaluate("window.hacked") is None
        assert "\u202e" not in page.locator("#page").inner_text()


@pytest.mark.parametrize("path", ["/offenders", "/savings", "/events", "/client/203.0.113.7"])
def test_hostile_filters_in_an_address_stay_text(desk: Desk, browser: Browser, path: str) -> None:
    for field in ("route", "text", "country"):
        query = urlencode({field: HOSTILE[1]})
        with watched_page(browser, desk.dashboard.url, start=f"{path}?{query}") as watched:
            expect(watched.page.locator("#page h1")).to_be_visible(timeout=SOON_MS)
            expect(watched.page.locator("#page")).not_to_contain_text("Loading", timeout=SOON_MS)
            assert watched.page.locator("#page img, #page script, #page a[href^='http://evil']").count() == 0
            assert watched.page.evaluate("window.hacked") is None


def test_an_operator_unbans_from_the_offenders_page(desk: Desk, browser: Browser) -> None:
    desk.dashboard.add_ban("203.0.113.7")
    desk.dashboard.add_ban("203.0.113.8")
    with watched_page(browser, desk.dashboard.url, start="/offenders") as watched:
        page = watched.page
        expect(page.locator("#offenders-state")).to_contain_text("2 clients", timeout=SOON_MS)
        row = page.locator("#offenders .ag-row", has_text="203.0.113.7")
        row.locator("input[type=checkbox]").click()
        act(page, "offenders", "extend", "evidence", "8 hours")
        expect(page.locator("#offenders-act-done")).to_contain_text("203.0.113.7 banned", timeout=SOON_MS)
        expect(row).to_contain_text("banned, 8 h left", timeout=SOON_MS)
        page.locator("#offenders-act-unban").click()
        page.locator("#offenders-act-confirm").click()
        expect(page.locator("#offenders-act-fault")).to_contain_text("Write a reason", timeout=SOON_MS)
        page.locator("#offenders-act-reason").fill("customer called")
        page.locator("#offenders-act-confirm").click()
        expect(page.locator("#offenders-act-done")).to_contain_text("unbanned", timeout=SOON_MS)
        expect(row).to_contain_text("unbanned, not scored", timeout=SOON_MS)
    lifted = desk.events()[-1]
    assert '"kind":"ban_lifted"' in lifted
    assert '"actor":"operator"' in lifted
    assert '"note":"customer called"' in lifted


def test_an_operator_allow_lists_a_client_from_its_page_and_takes_it_off_again(
    desk: Desk, browser: Browser
) -> None:
    desk.dashboard.add_ban("203.0.113.7", sentence="52 requests in one second")
    with watched_page(browser, desk.dashboard.url, start="/client/203.0.113.7") as watched:
        page = watched.page
        expect(page.locator("#client-why")).to_contain_text("blocked at", timeout=SOON_MS)
        expect(page.locator("#client-why")).to_contain_text(
            "52 requests in one second to checkout: score 0.97"
        )
        expect(page.locator("#client-score .bar-fill")).to_have_count(2)
        act(page, "client", "allow", "an office", "Without end")
        expect(page.locator("#client-act-done")).to_contain_text("allow-list without end", timeout=SOON_MS)
        expect(page.locator("#client-sentence")).to_contain_text("on the allow-list", timeout=SOON_MS)
        page.goto(f"{desk.dashboard.url}/savings")
        entry = page.locator("#lists .ag-center-cols-container .ag-row", has_text="203.0.113.7/32")
        expect(entry).to_contain_text("an office", timeout=SOON_MS)
        entry.locator("[col-id=network]").click()
        page.locator("#lists-reason").fill("moved out")
        page.locator("#lists-remove").click()
        expect(page.locator("#lists-done")).to_contain_text("taken off", timeout=SOON_MS)
        expect(entry).to_have_count(0, timeout=SOON_MS)


def test_a_viewer_sees_everything_and_changes_nothing_even_by_a_forged_call(
    desk: Desk, browser: Browser
) -> None:
    desk.dashboard.add_ban("203.0.113.7")
    url = desk.dashboard.url
    with watched_page(browser, url, user="viewer", start="/client/203.0.113.7") as watched:
        page = watched.page
        expect(page.locator("#client-why")).to_contain_text("blocked at", timeout=SOON_MS)
        expect(page.locator("#client-act-unban")).to_be_hidden()
        with page.expect_request(lambda request: "client-act-confirm" in (request.post_data or "")) as sent:
            # what the page would send, had it shown its buttons
            page.evaluate(
                """() => {
                    const set = window.dash_clientside.set_props;
                    set("client-act-chosen", {data: "unban"});
                    set("client-act-reason", {value: "forged"});
                    set("client-act-confirm", {n_clicks: 1});
                }"""
            )
        response = sent.value.response()
        assert response is not None
        assert "this needs the role operator" in response.text()
        page.goto(f"{url}/savings")
        expect(page.locator("#lists-add")).to_be_hidden(timeout=SOON_MS)
        expect(page.locator("#savings-health")).to_contain_text("Newest event", timeout=SOON_MS)
        with page.expect_response(
            lambda reply: '"lists-add.n_clicks"' in (reply.request.post_data or "")
        ) as refused:
            page.evaluate(
                """() => {
                    const set = window.dash_clientside.set_props;
                    set("lists-network", {value: "203.0.113.7"});
                    set("lists-reason", {value: "forged"});
                    set("lists-add", {n_clicks: 1});
                }"""
            )
        assert "this needs the role operator" in refused.value.text()
    assert desk.events() == []
    assert desk.redis.hgetall("decider:{lists}:entries") == {}


def test_counts_estimate_health_and_prices(desk: Desk, browser: Browser) -> None:
    now = int(time.time())
    for second in range(now - 60, now):
        desk.dashboard.add_traffic(second, allowed=100, blocked=40, would_block=3, likely_harm=2)
    for minute, seconds in Counter(second // 60 for second in range(now - 60, now)).items():
        desk.dashboard.add_totals(
            "traffic_minute", minute * 60, 100 * seconds, 40 * seconds, would_block=3 * seconds
        )
    desk.dashboard.add_ban("203.0.113.9", kind="would_block")
    worker = {"node": "edge", "pid": 7, "p50_ms": 0.41, "p99_ms": 1.27, "mode": "observe", "ts": now}
    worker |= {"shed": 4_321, "country_db": "Country, 12 days old", "list_dates": {"iporigin": "2026-01-02"}}
    desk.dashboard.tell_alive(workers=[worker], lag_events=17)
    with watched_page(browser, desk.dashboard.url, start="/savings") as watched:
        page = watched.page
        expect(page.locator("#savings-counts")).to_contain_text("Blocked", timeout=SOON_MS)
        expect(page.locator("#savings-estimate")).to_contain_text("(from $", timeout=SOON_MS)
        expect(page.locator("#savings-routes")).to_contain_text("20.0 ms")
        expect(page.locator("#savings-observe")).to_contain_text("In enforce mode")
        expect(page.locator("#savings-health")).to_contain_text("0.41 / 1.27 ms", timeout=SOON_MS)
        expect(page.locator("#savings-health")).to_contain_text("edge:7")
        expect(page.locator("#savings-health")).to_contain_text("17")
        for told in ("4,321", "Country, 12 days old", "of 2026-01-02", "missing: nothing of it is known"):
            expect(page.locator("#savings-health")).to_contain_text(told)
        expect(page.locator("#savings-harm")).to_contain_text(re.compile(r"\d+ of [\d,]+ blocked .*5\.0 %"))
        observed = page.locator("#savings-observed").get_by_role("link", name="203.0.113.9")
        assert str(observed.get_attribute("href")).startswith("/client/203.0.113.9")
        before = watched.text("#savings-estimate")
        page.locator("#savings-gigabyte").fill("50")
        expect(page.locator("#savings-estimate")).not_to_have_text(before, timeout=SOON_MS)
        page.goto(f"{desk.dashboard.url}/savings?range=24h")
        expect(page.locator("#savings-counts")).to_contain_text("8,400", timeout=SOON_MS)


@pytest.mark.parametrize("path", PAGES)
def test_a_dead_database_is_said_on_every_page(desk: Desk, browser: Browser, path: str) -> None:
    desk.dashboard.mongo.stop()
    with watched_page(browser, desk.dashboard.url, start=path) as watched:
        expect(watched.page.locator("#page")).to_contain_text("MongoDB does not answer", timeout=2 * SOON_MS)
        assert "mongodb://" not in watched.text("#page")
