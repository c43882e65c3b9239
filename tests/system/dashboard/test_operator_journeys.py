"""What an operator comes for, in fewer than five clicks each, from the page he keeps open."""

import csv
import time
from dataclasses import dataclass

from playwright.sync_api import Browser, Locator, expect

from tests.system.dashboard.conftest import Desk
from tests.system.dashboard.watched_page import watched_page

SOON_MS = 20_000
MOST_CLICKS = 4
ATTACKER, OFFICE = "203.0.113.7", "198.51.100.9"
WHY = "52 requests in one second"


@dataclass
class Clicks:
    """Counts what a person does with the mouse; typing a reason is none."""

    count: int = 0

    def on(self, target: Locator) -> None:
        target.click(timeout=SOON_MS)
        self.count += 1


def seed(desk: Desk) -> None:
    now = int(time.time())
    for second in range(now - 30, now):
        desk.dashboard.add_traffic(second, allowed=100, blocked=40)
    desk.dashboard.add_ban(ATTACKER, sentence=WHY, request_id="6f1c2d")
    desk.dashboard.add_ban(OFFICE, sentence="40 logins in a minute", route="login")


def test_the_attacker_is_found_understood_and_the_evidence_taken(desk: Desk, browser: Browser) -> None:
    seed(desk)
    with watched_page(browser, desk.dashboard.url) as watched:
        page, clicks = watched.page, Clicks()
        clicks.on(page.get_by_role("link", name="Offenders"))
        clicks.on(page.locator("#offenders").get_by_role("link", name=ATTACKER))
        expect(page.locator("#client-why")).to_contain_text(f"because {WHY} to checkout", timeout=SOON_MS)
        expect(page.locator("#client-score")).to_contain_text("burst", timeout=SOON_MS)
        with page.expect_download() as downloaded:
            clicks.on(page.locator("#client-csv"))
        assert clicks.count <= MOST_CLICKS
        lines = list(csv.DictReader(downloaded.value.path().read_text().splitlines()))
        assert [(line["client"], line["sentence"], line["request_id"]) for line in lines] == [
            (ATTACKER, WHY, "6f1c2d")
        ]


def test_an_office_is_let_in_again_from_the_list(desk: Desk, browser: Browser) -> None:
    seed(desk)
    with watched_page(browser, desk.dashboard.url) as watched:
        page, clicks = watched.page, Clicks()
        clicks.on(page.get_by_role("link", name="Offenders"))
        clicks.on(page.locator(f"#offenders .ag-row[row-id='{OFFICE}'] input[type=checkbox]").first)
        clicks.on(page.locator("#offenders-act-unban"))
        page.locator("#offenders-act-reason").fill("customer called")
        clicks.on(page.locator("#offenders-act-confirm"))
        expect(page.locator("#offenders-act-done")).to_contain_text(f"{OFFICE} unbanned", timeout=SOON_MS)
        assert clicks.count <= MOST_CLICKS
    assert len(desk.events()) == 1


def test_what_was_saved_is_one_click_away(desk: Desk, browser: Browser) -> None:
    seed(desk)
    with watched_page(browser, desk.dashboard.url) as watched:
        page, clicks = watched.page, Clicks()
        clicks.on(page.get_by_role("link", name="Savings & system"))
        expect(page.locator("#savings-estimate")).to_contain_text("(from $", timeout=SOON_MS)
        expect(page.locator("#savings-counts")).to_contain_text("1,200", timeout=SOON_MS)
        assert clicks.count <= MOST_CLICKS
