"""The whole way: an attack through the gateway is seen, understood, and a client let back in by the page."""

import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import Browser, expect

from tests.running_stack import RunningStack
from tests.system.dashboard.watched_page import watched_page

SOON_MS = 15_000
EFFECT_SECONDS = 3.0  # what the page promises
ATTACK_SECONDS = 20.0


def status(stack: RunningStack, client: str) -> int:
    request = urllib.request.Request(f"{stack.gateway_url}/checkout", headers={"X-Forwarded-For": client})
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def attack(stack: RunningStack, client: str) -> None:
    """Eight at a time, so that a busy machine, too, makes a flood of them; it may have opened the breaker."""
    deadline = time.monotonic() + ATTACK_SECONDS
    with ThreadPoolExecutor(8) as pool:
        while time.monotonic() < deadline:
            if 403 in pool.map(lambda _: status(stack, client), range(8)):
                return
    raise AssertionError(f"{client} was never blocked")


def test_unban_and_allow_list_let_a_blocked_client_in_again_and_hold(
    running_stack: RunningStack, browser: Browser
) -> None:
    unbanned, listed = "198.18.7.7", "198.18.7.8"
    with watched_page(browser, running_stack.dashboard_url, user=None) as watched:
        page, url = watched.page, running_stack.dashboard_url
        form: dict[str, str | float | bool] = {
            "name": "operator",
            "password": running_stack.dashboard_password,
        }
        page.context.request.post(f"{url}/login", form=form, headers={"Origin": url}, max_redirects=0)
        for client, action, length in ((unbanned, "unban", ""), (listed, "allow", "15 minutes")):
            attack(running_stack, client)
            page.goto(f"{url}/offenders")
            row = page.locator("#offenders .ag-row", has_text=client)
            expect(row).to_contain_text("banned", timeout=SOON_MS)
            row.get_by_role("link", name=client).click()
            expect(page.locator("#client-why")).to_contain_text("requests", timeout=SOON_MS)
            page.locator(f"#client-act-{action}").click()
            if length:
                page.locator("#client-act-length").click()
                page.get_by_role("option", name=length).click()
            page.locator("#client-act-reason").fill("an office behind one address")
            page.locator("#client-act-confirm").click()
            expect(page.locator("#client-act-done")).to_contain_text("Done", timeout=SOON_MS)
            time.sleep(EFFECT_SECONDS)
            # and what banned it before does not ban it again
            assert {status(running_stack, client) for _ in range(60)}.isdisjoint({403})
        expect(page.locator("#client-sentence")).to_contain_text("allow-list", timeout=SOON_MS)
        page.goto(f"{url}/savings")
        expect(page.locator("#savings-audit")).to_contain_text(
            "an office behind one address", timeout=SOON_MS
        )
        expect(page.locator("#savings-health")).to_contain_text("enforce", timeout=SOON_MS)
        row = page.locator("#lists .ag-center-cols-container .ag-row", has_text=listed)
        row.locator("[col-id=network]").click(timeout=SOON_MS)
        page.locator("#lists-reason").fill("the test is over")
        page.locator("#lists-remove").click()
        expect(page.locator("#lists-done")).to_contain_text("taken off", timeout=SOON_MS)
