"""Stolen passwords, one after the other: from one address, and from two hundred that share a fingerprint.

Beside them people log in from the page, with the same browser as the bots claim.
"""

from __future__ import annotations

import random
from itertools import count

from gevent import sleep
from locust import constant_pacing, task

from load.addresses import CREDENTIAL_STUFFER, HomeAddresses, in_many_subnets
from load.client_user import BROWSER_HEADERS, CHROME, ClientUser
from load.shop.pages import PAGE_ASSETS, PASSWORD, asset_paths

ADDRESSES = 200
SECONDS_AN_ATTEMPT = 4.0  # of one of the two hundred: under any rate limit
PEOPLE = 10
LOOKS_SECONDS = (1.0, 6.0)  # before a person has typed
HOMES = HomeAddresses(first=3_000)  # apart from the shoppers'


class CredentialStuffer(ClientUser):
    """One address, two attempts a second, a browser's headers."""

    kind = "credential stuffing, one address"
    address = CREDENTIAL_STUFFER
    user_agent = CHROME
    fixed_count = 1
    wait_time = constant_pacing(0.5)

    @task
    def attempt(self) -> None:
        """The next name and password of the list."""
        headers = {**BROWSER_HEADERS, "Accept": "*/*", "Content-Type": "application/json"}
        self.ask("POST", "/login", headers, name="stuffing POST /login", json={"password": "stolen"})


class DistributedStuffer(CredentialStuffer):
    """The same hand behind two hundred addresses in as many networks."""

    kind = "credential stuffing, 200 addresses"
    fixed_count = ADDRESSES
    wait_time = constant_pacing(SECONDS_AN_ATTEMPT)
    _numbers = count()

    def on_start(self) -> None:
        """Take an address, and not all in the same moment."""
        self.address = in_many_subnets(next(self._numbers) % ADDRESSES)
        sleep(random.uniform(0, SECONDS_AN_ATTEMPT))


class PersonLoggingIn(ClientUser):
    """Opens the shop, types, and is let in."""

    kind = "people logging in meanwhile"
    user_agent = CHROME
    fixed_count = PEOPLE
    wait_time = constant_pacing(15)

    def on_start(self) -> None:
        """From home, at some moment."""
        self.address = HOMES.next()
        sleep(random.uniform(0, 10))

    @task
    def log_in(self) -> None:
        """The page first, then the form."""
        self.browse("/", asset_paths("home", PAGE_ASSETS), name="login page")
        sleep(random.uniform(*LOOKS_SECONDS))
        self.submit("/login", name="person POST /login", json={"password": PASSWORD})
