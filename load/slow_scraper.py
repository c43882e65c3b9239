"""A scraper that stays below every rate limit: one product after the other, twice a second, no assets."""

from __future__ import annotations

from itertools import count

from locust import constant_pacing, task

from load.addresses import SLOW_SCRAPER
from load.client_user import ClientUser


class SlowScraper(ClientUser):
    """Says honestly that it is a script."""

    kind = "slow scraper"
    address = SLOW_SCRAPER
    user_agent = "python-requests/2.32.3"
    fixed_count = 1
    wait_time = constant_pacing(0.5)

    def on_start(self) -> None:
        """Begin with the first product."""
        self._numbers = count()

    @task
    def next_product(self) -> None:
        """The next page of the catalogue."""
        self.ask("GET", f"/product/{next(self._numbers) % 8 + 1}", {"Accept": "*/*"}, name="scraper /product")
