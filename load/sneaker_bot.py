"""The case everything is judged by: fifty requests a second on checkout over kept connections."""

from __future__ import annotations

from time import monotonic

from gevent import sleep, spawn
from locust import task

from load.addresses import SNEAKER_BOT
from load.client_user import CHROME, ClientUser

REQUESTS_PER_SECOND = 50
HEAD_START_SECONDS = 5.0  # people are already shopping when it comes


class SneakerBot(ClientUser):
    """Keeps its pace whatever it is answered."""

    kind = "sneaker bot"
    address = SNEAKER_BOT
    user_agent = CHROME
    fixed_count = 1
    concurrency = 20
    head_start_seconds = HEAD_START_SECONDS

    def on_start(self) -> None:
        """Wait for the sale."""
        sleep(self.head_start_seconds)

    @task
    def hammer(self) -> None:
        """One second of it, on a grid of time, so that a slow answer does not slow the bot."""
        started = monotonic()
        for number in range(REQUESTS_PER_SECOND):
            sleep(max(0.0, started + number / REQUESTS_PER_SECOND - monotonic()))
            spawn(self._refresh)
        sleep(max(0.0, started + 1.0 - monotonic()))

    def _refresh(self) -> None:
        self.ask("GET", "/checkout", {"Accept": "*/*"}, name="bot GET /checkout")
