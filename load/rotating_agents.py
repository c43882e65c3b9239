"""A scraper that takes a new browser's name for each request, all from one address."""

from __future__ import annotations

from itertools import count

from locust import constant_pacing, task

from load.addresses import ROTATING_AGENTS
from load.client_user import BROWSER_HEADERS, DOCUMENT, ClientUser

_CHROMES = tuple(
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    for version in range(128, 142)
    for system in ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64")
)


class RotatingAgents(ClientUser):
    """Three pages a second with everything a browser says about itself, and nothing of what pages load."""

    kind = "rotating user agents"
    address = ROTATING_AGENTS
    fixed_count = 1
    wait_time = constant_pacing(1 / 3)

    def on_start(self) -> None:
        """Begin with the first product."""
        self._numbers = count()

    @task
    def next_product(self) -> None:
        """The next page under the next name."""
        number = next(self._numbers)
        self.user_agent = _CHROMES[number % len(_CHROMES)]
        headers = {**BROWSER_HEADERS, "Accept": DOCUMENT, "Sec-Fetch-Dest": "document"}
        self.ask("GET", f"/product/{number % 8 + 1}", headers, name="rotating /product")
