"""Pages of a real Chromium that remember what went wrong.

A page is signed in as an operator unless told otherwise. It remembers every request to another host and every
error; each test ends by finding none of either.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, ViewportSize, sync_playwright

PASSWORD = "correct horse battery staple"  # noqa: S105  of accounts that live as long as a test
CHROMIUM_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    # pages in one process, which remembers the scripts it compiled: more than half of what a page costs
    "--process-per-site",
]
VIEWPORT: ViewportSize = {"width": 1440, "height": 1000}


@dataclass
class WatchedPage:
    page: Page
    foreign_requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()


@contextmanager
def started_browser() -> Iterator[Browser]:
    """Chromium with the context that stays, whose first page stays as well."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        keeper = started.new_context(viewport=VIEWPORT).new_page()
        keeper.route("**/*", lambda route: route.fulfill(body="keeps the process of 127.0.0.1 alive"))
        keeper.goto("http://127.0.0.1/")
        yield started
        started.close()


def sign_in(context: BrowserContext, url: str, user: str) -> None:
    """Give this browser context the session of ``user``."""
    origin = "/".join(url.split("/")[:3])
    reply = context.request.post(
        f"{url}/login", form={"name": user, "password": PASSWORD}, headers={"Origin": origin}, max_redirects=0
    )
    assert reply.status == 303, reply.text()


@contextmanager
def clean_context(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """One without cookies or stored data: that of the session, or a new one where ``options`` ask for it."""
    if options:
        context = browser.new_context(viewport=VIEWPORT, **options)
        yield context
        context.close()
        return
    context = browser.contexts[0]
    keeper = context.pages[0]
    try:
        yield context
    finally:
        for page in context.pages[1:]:
            session = context.new_cdp_session(keeper)
            origin = "/".join(page.url.split("/")[:3])
            page.close()
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
            session.detach()
        context.clear_cookies()
        context.unroute_all(behavior="ignoreErrors")


@contextmanager
def watched_page(
    browser: Browser,
    url: str,
    user: str | None = "operator",
    start: str = "",
    viewport: ViewportSize = VIEWPORT,
    color_scheme: Literal["dark", "light"] = "light",
    **options: Any,
) -> Iterator[WatchedPage]:
    """A page at ``url + start``, signed in as ``user``; None is nobody. ``options`` are of its context."""
    with clean_context(browser, **options) as context:
        if user:
            sign_in(context, url, user)
        watched = WatchedPage(context.new_page())
        watched.page.set_viewport_size(viewport)
        watched.page.emulate_media(color_scheme=color_scheme)

        def only_ours(route: Route) -> None:
            if route.request.url.startswith(url):
                route.continue_()
            else:
                watched.foreign_requests.append(route.request.url)
                route.abort()

        def refused(dialog: Dialog) -> None:
            watched.errors.append("dialog")
            dialog.dismiss()

        context.route("**/*", only_ours)
        watched.page.on("pageerror", lambda error: watched.errors.append(str(error)))
        watched.page.on("dialog", refused)
        watched.page.on(
            "console", lambda line: watched.errors.append(line.text) if line.type == "error" else None
        )
        watched.page.goto(url + (start or "/"))
        yield watched
    assert watched.foreign_requests == []
    assert watched.errors == []
