"""Twenty-five people of one office behind one address, each shopping at their own pace."""

from __future__ import annotations

import random

from gevent import sleep

from load.addresses import OFFICE
from load.client_user import BROWSERS
from load.human_shopper import HumanShopper


class OfficeWorker(HumanShopper):
    """One of them; the gateway sees only the office."""

    kind = "office"

    def on_start(self) -> None:
        """Start within the first seconds, as after a message in the office chat."""
        self.address = OFFICE
        self.user_agent = random.choice(BROWSERS)
        sleep(random.uniform(0, 8))
