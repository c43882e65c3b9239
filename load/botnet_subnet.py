"""Two hundred machines of one /24 share the work: none asks for more than a page every five seconds."""

from __future__ import annotations

import random
from itertools import count

from gevent import sleep
from locust import constant_pacing, task

from load.addresses import in_one_subnet
from load.client_user import BROWSER_HEADERS, BROWSERS, DOCUMENT, ClientUser

MACHINES = 200
SECONDS_A_PAGE = 5.0  # of one machine; forty pages a second in all


class BotnetSubnet(ClientUser):
    """One of the machines."""

    kind = "botnet in one /24"
    fixed_count = MACHINES
    wait_time = constant_pacing(SECONDS_A_PAGE)
    _numbers = count()

    def on_start(self) -> None:
        """Take an address and a browser's name, and not all in the same moment."""
        self.address = in_one_subnet(next(self._numbers) % MACHINES)
        self.user_agent = random.choice(BROWSERS)
        sleep(random.uniform(0, SECONDS_A_PAGE))

    @task
    def next_product(self) -> None:
        """Some page of the catalogue, without its parts."""
        headers = {**BROWSER_HEADERS, "Accept": DOCUMENT, "Sec-Fetch-Dest": "document"}
        self.ask("GET", f"/product/{random.randint(1, 8)}", headers, name="botnet /product")
