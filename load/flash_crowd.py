"""A launch: thousands of people nobody has seen before, within seconds, from a handful of providers."""

from __future__ import annotations

import random

from geventhttpclient.client import HTTPClientPool
from locust import constant, task

from load.addresses import HomeAddresses
from load.client_user import BROWSERS, ClientUser
from load.shop.pages import asset_paths

ARRIVE_SECONDS = 10  # all of them, evenly
# A style, a script and an image; the rest of a page loads as one scrolls. Two thousand people make eight
# hundred requests a second this way, about what one machine of two cores serves beside its load generator.
ASSETS_IN_SIGHT = 3
CONNECTIONS = 64  # as through a CDN, which keeps its connections for everyone
READS_SECONDS = 600.0
HOMES = HomeAddresses()


class FlashCrowdPerson(ClientUser):
    """Opens the shop's first page with what is in sight, once, and reads on."""

    kind = "flash crowd"
    fixed_count = 2_000
    wait_time = constant(READS_SECONDS)
    network_timeout = 60.0  # people wait while a page loads; on a small machine a crowd makes them
    client_pool = HTTPClientPool(concurrency=CONNECTIONS, network_timeout=60.0, connection_timeout=60.0)

    def on_start(self) -> None:
        """Come from home, with some browser."""
        self.address = HOMES.next()
        self.user_agent = random.choice(BROWSERS)

    @task
    def look(self) -> None:
        """One page."""
        self.browse("/", asset_paths("home", ASSETS_IN_SIGHT), name="crowd /")
        self.account.finished = True
