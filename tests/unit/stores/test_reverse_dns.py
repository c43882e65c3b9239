"""Forward-confirmed reverse DNS: what confirms, how long it is remembered, and that nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

import pytest

from decider.core.client_key import Address
from decider.core.crawler import Claim, CrawlerList, build_crawler_check
from decider.core.errors import StoreUnavailable
from decider.stores.reverse_dns import AT_ONCE, WAITING_ADDRESSES, ReverseDns, is_under

SUFFIXES = ("crawl.example", ".bots.example")
SPIDER = ip_address("192.0.2.1")


class FakeResolver:
    """Answers from tables; ``fails`` raises instead, ``gate`` holds every answer back until it is set."""

    def __init__(self) -> None:
        self.names: dict[str, tuple[str, ...]] = {}
        self.addresses: dict[str, tuple[str, ...]] = {}
        self.fails: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = 0
        self.in_flight = self.most_in_flight = 0

    async def names_of(self, address: Address) -> tuple[str, ...]:
        self.asked += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.gate.wait()
        finally:
            self.in_flight -= 1
        if self.fails is not None:
            raise self.fails
        return self.names.get(str(address), ())

    async def addresses_of(self, name: str, version: int) -> frozenset[Address]:
        if self.fails is not None:
            raise self.fails
        found = (ip_address(text) for text in self.addresses.get(name.rstrip("."), ()))
        return frozenset(address for address in found if address.version == version)


class Case:
    """A ReverseDns with a fake resolver and a clock of the test's own."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.resolver = FakeResolver()
        self.dns = ReverseDns(self.resolver, lambda: self.now)

    def known(self, address: Address = SPIDER) -> bool | None:
        return self.dns.confirmed(address, SUFFIXES)

    async def settled(self, address: Address = SPIDER) -> bool | None:
        self.known(address)
        for _ in range(50):
            await asyncio.sleep(0)
        return self.known(address)


def tried(test: Callable[[Case], Awaitable[None]]) -> None:
    async def run() -> None:
        case = Case()
        case.dns.start()
        try:
            await test(case)
        finally:
            await case.dns.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "under"),
    [
        ("crawl.example.", True),
        ("a.b.CRAWL.example", True),
        ("x.bots.example.", True),
        ("evilcrawl.example", False),
        ("crawl.example.evil.test", False),
        ("example", False),
        ("", False),
        (".", False),
    ],
)
def test_a_suffix_fits_only_at_a_label_boundary(name: str, under: bool) -> None:
    assert is_under(name, SUFFIXES) is under


def test_an_empty_suffix_fits_nothing() -> None:
    assert not is_under("any.example", ("", "."))


@pytest.mark.parametrize(
    ("address", "names", "addresses", "expected"),
    [
        ("192.0.2.1", ("s1.crawl.example.",), {"s1.crawl.example": ("192.0.2.9", "192.0.2.1")}, True),
        ("2001:db8::1", ("s1.crawl.example.",), {"s1.crawl.example": ("2001:db8::1",)}, True),
        ("192.0.2.1", ("home.test.", "s1.crawl.example."), {"s1.crawl.example": ("192.0.2.1",)}, True),
        ("192.0.2.1", ("s1.crawl.example.",), {"s1.crawl.example": ("192.0.2.9",)}, False),
        ("192.0.2.1", ("s1.crawl.example.",), {}, False),
        ("192.0.2.1", ("s1.evilcrawl.example.",), {"s1.evilcrawl.example": ("192.0.2.1",)}, False),
        ("192.0.2.1", (), {}, False),
        (
            "192.0.2.1",
            ("x.crawl.example.",) * 9 + ("s.crawl.example.",),
            {"s.crawl.example": ("192.0.2.1",)},
            False,
        ),
    ],
    ids=["A", "AAAA", "second name", "points elsewhere", "no address", "no boundary", "no name", "too many"],
)
def test_only_a_name_that_points_back_confirms(
    address: str, names: tuple[str, ...], addresses: dict[str, tuple[str, ...]], expected: bool
) -> None:
    async def test(case: Case) -> None:
        case.resolver.names[address], case.resolver.addresses = names, addresses
        assert case.known(ip_address(address)) is None
        assert await case.settled(ip_address(address)) is expected

    tried(test)


@pytest.mark.parametrize(("confirms", "seconds"), [(True, 86_400), (False, 3_600)])
def test_an_answer_holds_its_time_and_is_given_once_more_while_it_is_looked_up_again(
    confirms: bool, seconds: float
) -> None:
    async def test(case: Case) -> None:
        case.resolver.names["192.0.2.1"] = ("s1.crawl.example",)
        case.resolver.addresses["s1.crawl.example"] = ("192.0.2.1",) if confirms else ()
        assert await case.settled() is confirms
        case.now += seconds - 1
        assert await case.settled() is confirms
        assert case.resolver.asked == 1
        case.resolver.addresses["s1.crawl.example"] = () if confirms else ("192.0.2.1",)
        case.now += 2
        assert case.known() is confirms
        assert await case.settled() is not confirms
        assert case.resolver.asked == 2

    tried(test)


@pytest.mark.parametrize("error", [StoreUnavailable("away"), RuntimeError("odd"), TimeoutError()])
def test_an_error_is_unknown_and_not_asked_about_for_five_minutes(error: Exception) -> None:
    async def test(case: Case) -> None:
        case.resolver.fails = error
        assert await case.settled() is None
        case.now += 299
        assert await case.settled() is None
        assert case.resolver.asked == 1
        case.resolver.fails = None
        case.now += 2
        assert await case.settled() is False

    tried(test)


def test_one_address_is_asked_about_once_and_few_at_once_and_the_queue_ends() -> None:
    async def test(case: Case) -> None:
        case.resolver.gate.clear()
        many = [ip_address(int(ip_address("198.18.0.0")) + number) for number in range(3_000)]
        for address in many * 2:
            assert case.known(address) is None
        for _ in range(50):
            await asyncio.sleep(0)
        assert case.resolver.most_in_flight == AT_ONCE
        case.resolver.gate.set()
        for _ in range(20_000):
            await asyncio.sleep(0)
        assert case.resolver.asked == WAITING_ADDRESSES
        assert await case.settled(many[-1]) is False  # there is room again
        assert case.resolver.most_in_flight == AT_ONCE

    tried(test)


def test_a_crawler_is_neutral_until_it_is_known_and_verified_afterwards() -> None:
    async def test(case: Case) -> None:
        check = build_crawler_check([CrawlerList("spider", (), SUFFIXES)], case.dns.confirmed)
        case.resolver.names["192.0.2.1"] = ("s1.crawl.example",)
        case.resolver.addresses["s1.crawl.example"] = ("192.0.2.1",)
        assert check("spider", SPIDER) is Claim.OPEN
        await case.settled()
        assert check("spider", SPIDER) is Claim.VERIFIED
        other = ip_address("192.0.2.2")
        assert check("spider", other) is Claim.OPEN
        await case.settled(other)
        assert check("spider", other) is Claim.FALSE

    tried(test)
