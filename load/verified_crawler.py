"""Googlebot, from an address that Google publishes for it."""

from __future__ import annotations

from itertools import count

from locust import constant_pacing, task

from load.addresses import VERIFIED_CRAWLER
from load.client_user import ClientUser

GOOGLEBOT = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; "
    "+http://www.google.com/bot.html) Chrome/141.0.0.0 Safari/537.36"
)


class VerifiedCrawler(ClientUser):
    """Five pages a second, one after the other, dead links included."""

    kind = "verified crawler"
    address = VERIFIED_CRAWLER
    user_agent = GOOGLEBOT
    fixed_count = 1
    wait_time = constant_pacing(0.2)

    def on_start(self) -> None:
        """Begin with the first product."""
        self._numbers = count()

    @task
    def next_page(self) -> None:
        """The next product; every third of them is sold out and gone."""
        number = next(self._numbers)
        self.ask("GET", f"/product/{number % 12 + 1}", {"Accept": "*/*"}, name="crawler /product")
