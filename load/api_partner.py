"""A partner's program asks the shop's API ten times a second, all day, and says that it is a program."""

from __future__ import annotations

from locust import constant_pacing, task

from load.addresses import API_PARTNER
from load.client_user import ClientUser


class ApiPartner(ClientUser):
    """A cron job's rhythm from a cloud's address: all of it normal on an API."""

    kind = "API partner at 10/s"
    address = API_PARTNER
    user_agent = "python-requests/2.32.3"
    fixed_count = 1
    wait_time = constant_pacing(0.1)

    @task
    def ask_stock(self) -> None:
        """How many are left."""
        self.ask("GET", "/api/stock", {"Accept": "application/json"}, name="partner /api/stock")
