"""A person who buys: the launch page, a product or two, the cart, checkout, and thinking in between."""

from __future__ import annotations

import random

from gevent import sleep
from locust import between, task

from load.addresses import HomeAddresses
from load.client_user import BROWSERS, ClientUser
from load.shop.pages import LAUNCH_ASSETS, PAGE_ASSETS, PRODUCT_ASSETS, asset_paths

HOMES = HomeAddresses()


class HumanShopper(ClientUser):
    """Everyone has an address of their own, at home."""

    kind = "human"
    wait_time = between(2, 8)  # seconds a person looks at a page (median dwell of shop pages: some seconds)
    cached = False

    def on_start(self) -> None:
        """Come from somewhere, with some browser, not all in the same second."""
        self.address = HOMES.next()
        self.user_agent = random.choice(BROWSERS)
        sleep(random.uniform(0, 3))

    @task
    def shop(self) -> None:
        """One visit that ends with an order."""
        self.browse("/launch", asset_paths("launch", 0 if self.cached else LAUNCH_ASSETS))
        self.cached = True  # a browser keeps what it has
        self.wait()
        for product in random.sample(range(1, 9), random.choice((1, 2))):
            self.browse(
                f"/product/{product}", asset_paths(f"product-{product}", PRODUCT_ASSETS), name="/product"
            )
            self.wait()
        self.submit("/cart/add")
        self.browse("/cart", asset_paths("page", PAGE_ASSETS))
        self.wait()
        self.browse("/checkout", asset_paths("checkout", PAGE_ASSETS))
        self.wait()
        self.order()
