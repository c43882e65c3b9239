"""How often a password may be tried."""

from itertools import count

import pytest

from dash_app.login.limit import (
    LARGEST_TABLE,
    TRIES_OF_ADDRESS,
    TRIES_OF_NAME,
    WINDOW_SECONDS,
    LoginLimit,
    network_of,
)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_an_address_waits_after_its_tries_and_then_may_again() -> None:
    clock = Clock()
    limit = LoginLimit(clock)
    waits = [limit.register("203.0.113.1", f"name{number}") for number in range(TRIES_OF_ADDRESS + 1)]
    assert waits == [0.0] * TRIES_OF_ADDRESS + [WINDOW_SECONDS]
    assert limit.register("203.0.113.2", "name") == 0.0
    clock.now += WINDOW_SECONDS
    assert limit.register("203.0.113.1", "name") == 0.0


def test_a_refused_try_does_not_make_the_wait_longer() -> None:
    clock = Clock()
    limit = LoginLimit(clock)
    for _ in range(50):
        limit.register("203.0.113.1", "anna")
    clock.now += WINDOW_SECONDS
    assert limit.register("203.0.113.1", "anna") == 0.0


def test_many_addresses_on_one_name_wait_too() -> None:
    limit = LoginLimit(Clock())
    waits = [limit.register(f"203.0.113.{number}", "anna") for number in range(TRIES_OF_NAME + 1)]
    assert waits[:-1] == [0.0] * TRIES_OF_NAME
    assert waits[-1] > 0
    assert limit.register("203.0.113.200", "ben") == 0.0


def test_nobody_can_lock_a_user_out_where_that_user_signed_in_before() -> None:
    limit = LoginLimit(Clock())
    limit.register("198.51.100.7", "anna")
    limit.succeeded("198.51.100.7", "anna")
    for number in range(TRIES_OF_NAME):
        limit.register(f"203.0.113.{number}", "anna")
    assert limit.register("198.51.100.7", "anna") == 0.0
    assert limit.register("198.51.100.8", "anna") > 0


def test_signing_in_forgives_the_typing_errors_before_it() -> None:
    limit = LoginLimit(Clock())
    for _ in range(3):
        for _ in range(TRIES_OF_ADDRESS - 1):
            assert limit.register("203.0.113.1", "anna") == 0.0
        limit.succeeded("203.0.113.1", "anna")


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    limit = LoginLimit(Clock())
    numbers = count()
    waits = [limit.register(f"2001:db8::{next(numbers):x}", f"n{one}") for one in range(TRIES_OF_ADDRESS + 1)]
    assert waits[-1] > 0


def test_a_flood_of_addresses_and_names_takes_bounded_memory() -> None:
    limit = LoginLimit(Clock())
    for number in range(LARGEST_TABLE):
        limit.register(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", f"name{number}")
    assert len(limit._tries) <= LARGEST_TABLE


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("<script>", "unknown"),
    ],
)
def test_what_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network
