"""A launch: thousands of people nobody has seen before, within seconds, from a handful of providers."""

from __future__ import annotations

import random

from locust import task
from locust.exception import StopUser

from load.addresses import HomeAddresses
from load.client_user import BROWSERS, ClientUser
from load.shop.pages import PAGE_ASSETS, asset_paths

ARRIVE_SECONDS = 10  # all of them, evenly
HOMES = HomeAddresses()


class FlashCrowdPerson(ClientUser):
    """Opens the shop's first page with its twelve assets, once, and reads."""

    kind = "flash crowd"
    fixed_count = 2_000
    network_timeout = 60.0  # people wait while a page loads; on a small machine a crowd makes them

    def on_start(self) -> None:
        """Come from home, with some browser."""
        self.address = HOMES.next()
        self.user_agent = random.choice(BROWSERS)

    @task
    def look(self) -> None:
        """One page."""
        self.browse("/", asset_paths("home", PAGE_ASSETS), name="crowd /")
        self.client.client.close()
        raise StopUser
