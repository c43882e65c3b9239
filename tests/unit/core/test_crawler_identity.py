"""What a claim to be a crawler is worth: by published addresses, by reverse DNS, or not known."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest

from decider.core.client_key import Address
from decider.core.crawler import CrawlerList, Proof, Source
from decider.core.errors import StoreUnavailable
from decider.crawler_identity import identify

CRAWLERS = (
    CrawlerList("googlebot-image", ("192.0.2.0/28",)),
    CrawlerList("googlebot", ("192.0.2.0/24", "2001:db8::/48")),
    CrawlerList("yandexbot", (), ("yandex.example",)),
)


class Names:
    """One PTR name for every address, or no answer; that name leads back to ``home`` alone."""

    def __init__(self, name: str, home: str = "198.51.100.7", fails: bool = False) -> None:
        self._name, self._home, self._fails = name, ip_address(home), fails
        self.asked = 0

    async def names_of(self, address: Address) -> tuple[str, ...]:
        self.asked += 1
        if self._fails:
            raise StoreUnavailable("no DNS answer")
        return (self._name,)

    async def addresses_of(self, name: str, version: int) -> frozenset[Address]:
        return frozenset({self._home})


@pytest.mark.parametrize(
    ("address", "user_agent", "resolver", "proof", "source", "said"),
    [
        ("192.0.2.200", "Googlebot/2.1", None, Proof.VERIFIED, Source.PUBLISHED, "verified by the addresses"),
        ("2001:db8::9", "Googlebot/2.1", None, Proof.VERIFIED, Source.PUBLISHED, "googlebot: verified"),
        ("203.0.113.7", "Googlebot/2.1", None, Proof.DENIED, Source.PUBLISHED, "denied by the addresses"),
        (
            "192.0.2.200",
            "Googlebot-Image/1.0",
            None,
            Proof.DENIED,
            Source.PUBLISHED,
            "published for googlebot.",
        ),
        (
            "198.51.100.7",
            "YandexBot/3",
            Names("a.yandex.example."),
            Proof.VERIFIED,
            Source.DNS,
            "verified by rev",
        ),
        (
            "198.51.100.8",
            "YandexBot/3",
            Names("a.yandex.example."),
            Proof.DENIED,
            Source.DNS,
            "denied by reverse",
        ),
        (
            "198.51.100.7",
            "YandexBot/3",
            Names("yandex.example.evil."),
            Proof.DENIED,
            Source.DNS,
            "denied by rev",
        ),
        ("198.51.100.7", "YandexBot/3", Names("", fails=True), Proof.UNKNOWN, Source.DNS, "unknown"),
        (
            "198.51.100.7",
            "YandexBot/3",
            None,
            Proof.UNKNOWN,
            Source.DNS,
            "unknown, because reverse DNS is off",
        ),
        ("203.0.113.7", "<script>", None, Proof.NONE, Source.PUBLISHED, "Claims to be no known crawler."),
        ("192.0.2.1", "", None, Proof.NONE, Source.PUBLISHED, "published for googlebot, googlebot-image"),
    ],
)
def test_a_claim_is_held_against_what_the_operator_says_of_his_crawler(
    address: str, user_agent: str, resolver: Names | None, proof: Proof, source: Source, said: str
) -> None:
    found = asyncio.run(identify(ip_address(address), user_agent, CRAWLERS, resolver))
    assert (found.proof, found.source) == (proof, source)
    assert said in found.sentence
    assert "script" not in found.sentence


def test_dns_is_asked_only_about_a_crawler_that_publishes_nothing_else() -> None:
    names = Names("a.yandex.example.")
    for user_agent in ("Googlebot/2.1", "curl/8", ""):
        asyncio.run(identify(ip_address("203.0.113.7"), user_agent, CRAWLERS, names))
    assert names.asked == 0
