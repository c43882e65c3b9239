"""The resolver against a real DNS server on loopback, over UDP."""

from __future__ import annotations

import asyncio
import time
from ipaddress import ip_address

import pytest

from decider.core.errors import StoreUnavailable
from decider.stores.dns_resolver import DnsResolver
from decider.stores.reverse_dns import ReverseDns
from tests.dns_responder import dns_responder

RECORDS = {
    ("7.2.0.192.in-addr.arpa", "PTR"): ["spider-7.crawl.example."],
    ("spider-7.crawl.example", "A"): ["192.0.2.8", "192.0.2.7"],
    ("1.0.0.0" + ".0" * 20 + ".8.b.d.0.1.0.0.2.ip6.arpa", "PTR"): ["six.crawl.example."],
    ("six.crawl.example", "AAAA"): ["2001:db8::1"],
    ("liar.crawl.example", "A"): ["192.0.2.250"],
    ("9.2.0.192.in-addr.arpa", "PTR"): ["liar.crawl.example."],
}


def test_names_and_addresses_come_from_the_server() -> None:
    with dns_responder(RECORDS) as server:
        resolver = DnsResolver(("127.0.0.1", server.port))

        async def ask() -> None:
            assert await resolver.names_of(ip_address("192.0.2.7")) == ("spider-7.crawl.example.",)
            assert await resolver.names_of(ip_address("2001:db8::1")) == ("six.crawl.example.",)
            assert await resolver.addresses_of("spider-7.crawl.example.", 4) == {
                ip_address("192.0.2.7"),
                ip_address("192.0.2.8"),
            }
            assert await resolver.addresses_of("six.crawl.example.", 6) == {ip_address("2001:db8::1")}
            assert await resolver.addresses_of("six.crawl.example.", 4) == frozenset()  # no such record
            assert await resolver.names_of(ip_address("192.0.2.99")) == ()  # no such name

        asyncio.run(ask())


@pytest.mark.parametrize("name", ["refuses", "is_silent"])
def test_a_server_that_fails_is_unavailable_within_its_time(name: str) -> None:
    with dns_responder(RECORDS) as server:
        setattr(server, name, True)
        resolver = DnsResolver(("127.0.0.1", server.port))
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            asyncio.run(resolver.names_of(ip_address("192.0.2.7")))
        assert time.monotonic() - began < 3.0


def test_a_port_where_nobody_listens_is_unavailable() -> None:
    with dns_responder({}) as server:
        port = server.port
    with pytest.raises(StoreUnavailable):
        asyncio.run(DnsResolver(("127.0.0.1", port)).names_of(ip_address("192.0.2.7")))


@pytest.mark.parametrize(
    ("address", "expected"),
    [("192.0.2.7", True), ("2001:db8::1", True), ("192.0.2.9", False), ("192.0.2.99", False)],
)
def test_reverse_dns_confirms_over_the_wire(address: str, expected: bool) -> None:
    async def ask(port: int) -> bool | None:
        reverse = ReverseDns(DnsResolver(("127.0.0.1", port)), time.monotonic)
        reverse.start()
        try:
            deadline = time.monotonic() + 5
            answer = None
            while answer is None and time.monotonic() < deadline:
                answer = reverse.confirmed(ip_address(address), ("crawl.example",))
                await asyncio.sleep(0.01)
            return answer
        finally:
            await reverse.close()

    with dns_responder(RECORDS) as server:
        assert asyncio.run(ask(server.port)) is expected
