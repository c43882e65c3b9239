"""make screenshots: pictures of the dashboard's pages during an attack, against a running `make run`.

python -m load.screenshots [--gateway URL] [--dashboard URL] [--password-file FILE] [--out docs]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from load.addresses import SNEAKER_BOT
from load.loopback import default_dashboard, default_gateway, loopback_url

PAGES = {
    "overview": "/?range=5m",
    "offenders": "/offenders?range=1h",
    "client": f"/client/{SNEAKER_BOT}?range=1h",
    "events": "/events?range=1h",
    "savings": "/savings?range=1h",
}
SCHEMES = ("dark", "light")
ATTACK_SECONDS = 90
UNDER_WAY_SECONDS = 35  # until the bot is banned, lifted and banned again, and the charts have a shape
SETTLE_MS = 3_500  # three ticks of a live page
VIEW = {"width": 1440, "height": 1000}
EXIT_DONE, EXIT_CANNOT_RUN = 0, 2


def main(arguments: list[str] | None = None) -> int:
    """Take every picture; exit status 2 where something is not there."""
    chosen = _parser().parse_args(arguments)
    if not chosen.password_file.is_file():
        print(f"screenshots: {chosen.password_file} is not there: start `make run` first", file=sys.stderr)
        return EXIT_CANNOT_RUN
    password = chosen.password_file.read_text(encoding="utf-8").strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chosen.browser, args=["--no-sandbox"])
        # First: two cores that load a dashboard leave the decider too little when an attack begins.
        pages = {scheme: _signed_in(browser, chosen.dashboard, password, scheme) for scheme in SCHEMES}
        attack = subprocess.Popen(
            [
                *(sys.executable, "-m", "load.attack", "--gateway", chosen.gateway),
                *("--seconds", str(ATTACK_SECONDS)),
            ],
            stdout=subprocess.DEVNULL,
        )
        try:
            pages["dark"].wait_for_timeout(1_000 * UNDER_WAY_SECONDS)
            for scheme, page in pages.items():
                _take_all(page, chosen, scheme)
        finally:
            attack.wait()
        browser.close()
    return EXIT_DONE


def _signed_in(browser: Browser, dashboard: str, password: str, scheme: str) -> Page:
    """A page that has seen the Overview and left it."""
    context = browser.new_context(viewport=VIEW, color_scheme=scheme)  # type: ignore[arg-type]  # dark or light
    page = context.new_page()
    page.goto(f"{dashboard}/login")
    page.locator("#name").fill("operator")
    page.locator("#password").fill(password)
    page.locator("button[type=submit]").click()
    page.wait_for_timeout(SETTLE_MS)  # no selector: before the first request there is neither map nor chart
    page.goto("about:blank")
    return page


def _take_all(page: Page, chosen: argparse.Namespace, scheme: str) -> None:
    for name, path in PAGES.items():
        page.goto(f"{chosen.dashboard}{path}")
        page.wait_for_timeout(SETTLE_MS)
        if (scheme, name) == ("dark", "overview"):
            _take(page, chosen.out / "dashboard-attack.png")
        _take(page, chosen.out / f"dashboard-{name}-{scheme}.png")
    page.goto("about:blank")


def _take(page: Page, path: Path) -> None:
    page.screenshot(path=path)
    print(f"written: {path}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m load.screenshots", description=__doc__.splitlines()[0])
    parser.add_argument("--gateway", type=loopback_url, default=default_gateway(), metavar="URL")
    parser.add_argument("--dashboard", type=loopback_url, default=default_dashboard(), metavar="URL")
    parser.add_argument(
        "--password-file",
        type=Path,
        default=Path(os.environ.get("RUN_DIR") or ".run") / "dashboard/password",
        metavar="FILE",
    )
    parser.add_argument("--browser", default="/usr/bin/chromium", metavar="PATH", help="Chromium to drive")
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
