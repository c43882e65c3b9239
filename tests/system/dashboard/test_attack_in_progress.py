"""A real attack through the real gateway is on the overview while it goes on."""

import re

from playwright.sync_api import Browser, expect

from tests.running_stack import RunningStack
from tests.system.dashboard.test_unban_through_gateway import attack
from tests.system.dashboard.watched_page import watched_page

SOON_MS = 20_000


def test_an_attack_in_progress_appears_with_who_what_since_and_state(
    running_stack: RunningStack, browser: Browser
) -> None:
    client, url = "198.18.9.9", running_stack.dashboard_url
    with watched_page(browser, url, user=None) as watched:
        page = watched.page
        form: dict[str, str | float | bool] = {
            "name": "operator",
            "password": running_stack.dashboard_password,
        }
        page.context.request.post(f"{url}/login", form=form, headers={"Origin": url}, max_redirects=0)
        page.goto(url)
        attack(running_stack, client)
        row = page.locator("#attacks tbody tr", has_text=client)
        expect(row).to_contain_text("on checkout", timeout=SOON_MS)
        expect(row).to_contain_text(re.compile(r"banned until \d\d:\d\d:\d\d"))
        expect(page.locator("#tops")).to_contain_text("checkout", timeout=SOON_MS)
        expect(page.locator("#kpi-blocked-spark svg")).to_be_visible(timeout=SOON_MS)
        row.get_by_role("link", name=client).click()
        page.wait_for_url(f"**/client/{client}*")
