"""Whose addresses the simulated clients name in X-Forwarded-For. Header values only: nothing is sent to them.

Real provider ranges, so that countries and networks on the dashboard look as they would.
"""

from __future__ import annotations

from itertools import count

# /24s of consumer providers in eighteen countries, for people
HOMES = (
    *(
        "86.133.7",
        "81.2.69",
        "91.65.12",
        "93.44.10",
        "88.12.33",
        "92.184.97",
        "77.248.9",
        "83.25.61",
        "73.15.6",
    ),
    *("99.230.11", "189.6.18", "49.36.81", "126.74.2", "121.6.40", "110.174.20", "105.112.31", "41.13.7"),
    *("197.32.8", "190.55.60"),
)
OFFICE = "194.127.178.9"  # one address in front of a whole office
OFFICE_WITH_BOT = "194.127.178.77"  # another office, with one machine that attacks
SNEAKER_BOT = "45.155.205.9"  # rented servers
SLOW_SCRAPER = "51.222.253.10"
CREDENTIAL_STUFFER = "45.148.10.81"
ROTATING_AGENTS = "141.98.11.23"
API_PARTNER = "3.68.41.17"  # a partner's server in a cloud: hosting is where partners live
VERIFIED_CRAWLER = "66.249.66.1"  # in googlebot.json, which Google publishes
FALSE_CRAWLER = "103.75.190.44"  # in nobody's list

_FIRST_HOST = 20


def in_many_subnets(number: int) -> str:
    """Address ``number`` (0 .. 255) of a bot that sends through infected homes: each in a /24 of its own."""
    return f"186.{12 + number % 4}.{number}.{_FIRST_HOST + number * 7 % 200}"


def in_one_subnet(number: int) -> str:
    """Address ``number`` (0 .. 229) of a botnet in one rented /24."""
    return f"193.32.162.{_FIRST_HOST + number}"


class HomeAddresses:
    """Gives every shopper an address of its own, country after country."""

    def __init__(self, first: int = 0) -> None:
        self._numbers = count(first)

    def next(self) -> str:
        """The next unused address."""
        number = next(self._numbers)
        return f"{HOMES[number % len(HOMES)]}.{_FIRST_HOST + number // len(HOMES) % 200}"
