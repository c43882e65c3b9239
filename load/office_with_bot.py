"""An office whose people go on shopping while a machine among them attacks the checkout with its session."""

from __future__ import annotations

import random
from itertools import count

from gevent import sleep

from load.addresses import OFFICE_WITH_BOT
from load.client_user import BROWSERS, CHROME
from load.human_shopper import HumanShopper
from load.sneaker_bot import SneakerBot

BOT_WAITS_SECONDS = 14.0  # some of its colleagues have shown by then that people share the address
_SESSIONS = count()


class BotsColleague(HumanShopper):
    """One of the people; the shop has given each a session."""

    kind = "bot's colleague"

    def on_start(self) -> None:
        """Start within the first seconds."""
        self.address = OFFICE_WITH_BOT
        self.user_agent = random.choice(BROWSERS)
        self.session = f"colleague-{next(_SESSIONS)}"
        sleep(random.uniform(0, 6))


class OfficeBot(SneakerBot):
    """The machine among them."""

    kind = "office bot"
    address = OFFICE_WITH_BOT
    user_agent = CHROME
    session = "office-bot"
    head_start_seconds = BOT_WAITS_SECONDS
