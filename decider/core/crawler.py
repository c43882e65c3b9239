"""Crawlers that are who they say: a claim in the user agent, and an address its operator publishes for it.

By network (AS) would be a hole: anyone rents a cloud host. The claim picks the list of addresses, so that a
fetcher which anybody can use on the same operator's network does not pass for its search engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_network

from decider.core.client_key import Address

CACHED_ADDRESSES = 16_384  # claiming addresses looked up once


class Claim(StrEnum):
    """What an address makes of a crawler's claim."""

    NONE = ""  # no crawler with published addresses is claimed
    VERIFIED = "verified"
    FALSE = "false"
    OPEN = "open"  # not known: to be confirmed by reverse DNS, or from the operator's other networks


@dataclass(frozen=True, slots=True)
class CrawlerList:
    """One crawler: the literal in its user agent (lower case), the networks published for it, its reverse DNS
    suffixes, and other networks that are the operator's alone."""

    name: str
    networks: tuple[str, ...]
    host_suffixes: tuple[str, ...] = ()
    other_networks: tuple[str, ...] = ()


class Proof(StrEnum):
    """What is known of a claim once it has been looked into; ``UNKNOWN`` where DNS gave no answer."""

    NONE = "none"  # no crawler with published addresses or reverse DNS is claimed
    VERIFIED = "verified"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Source(StrEnum):
    """By what a claim was looked into."""

    PUBLISHED = "the addresses that its operator publishes"
    DNS = "reverse DNS"


UNKNOWN_BECAUSE = {
    Source.PUBLISHED: "unknown, because the address is its operator's, but not published for it",
    Source.DNS: "unknown, because reverse DNS is off or did not answer",
}


@dataclass(frozen=True, slots=True)
class CrawlerIdentity:
    """``claimed`` is empty where none is; ``published_for`` names whose operators publish the address."""

    claimed: str
    proof: Proof
    source: Source
    published_for: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """In words."""
        published = f"Its address is published for {', '.join(self.published_for)}."
        if self.proof is Proof.NONE:
            return f"Claims to be no known crawler. {published if self.published_for else ''}".rstrip()
        told = {
            Proof.VERIFIED: f"verified by {self.source.value}",
            Proof.DENIED: f"denied by {self.source.value}",
            Proof.UNKNOWN: UNKNOWN_BECAUSE[self.source],
        }[self.proof]
        other = self.proof is Proof.DENIED and self.published_for
        return f"Claims to be {self.claimed}: {told}.{f' {published}' if other else ''}"


def claimed_crawler(user_agent: str, crawlers: Iterable[CrawlerList]) -> CrawlerList | None:
    """The crawler that a user agent names; ``crawlers`` with the longest name first."""
    lowered = user_agent.lower()
    return next((one for one in crawlers if one.name in lowered and f"like {one.name}" not in lowered), None)


def published_for(address: Address, crawlers: Iterable[CrawlerList]) -> tuple[str, ...]:
    """The crawlers whose operators publish this address, by name."""
    return tuple(sorted(one.name for one in crawlers if _is_in(address, _prefixes(one.networks))))


def claim_by_networks(crawler: CrawlerList, address: Address) -> Claim:
    """What the networks that its operator publishes, and its other ones, say of a claim."""
    if _is_in(address, _prefixes(crawler.networks)):
        return Claim.VERIFIED
    return Claim.OPEN if _is_in(address, _prefixes(crawler.other_networks)) else Claim.FALSE


def build_crawler_check(
    crawlers: Iterable[CrawlerList],
    confirmed_by_dns: Callable[[Address, tuple[str, ...]], bool | None] = lambda _address, _suffixes: None,
) -> Callable[[str, Address], Claim]:
    """A cached function (claimed crawler, address) -> Claim.

    ``confirmed_by_dns`` answers at once: True, False, or None while it is not known yet.
    """
    known: Mapping[str, CrawlerList] = {one.name: one for one in crawlers}

    @lru_cache(maxsize=CACHED_ADDRESSES)
    def by_networks(name: str, address: Address) -> Claim:
        return claim_by_networks(known[name], address)

    def check(name: str, address: Address) -> Claim:
        crawler = known.get(name)
        if crawler is None:
            return Claim.NONE
        if crawler.networks:
            return by_networks(name, address)
        answer = confirmed_by_dns(address, crawler.host_suffixes)
        if answer is None:
            return Claim.OPEN
        return Claim.VERIFIED if answer else Claim.FALSE

    return check


def _is_in(address: Address, networks: Mapping[tuple[int, int], frozenset[int]]) -> bool:
    return any(
        int(address) >> (address.max_prefixlen - bits) in networks.get((address.version, bits), ())
        for bits in range(8, address.max_prefixlen + 1)
    )


@lru_cache(maxsize=64)
def _prefixes(networks: tuple[str, ...]) -> Mapping[tuple[int, int], frozenset[int]]:
    """Networks by (version, bits) as shifted integers: a look-up a prefix length instead of a scan."""
    sorted_out: dict[tuple[int, int], set[int]] = {}
    for text in networks:
        network = ip_network(text, strict=False)
        bits = network.prefixlen
        shifted = int(network.network_address) >> (network.max_prefixlen - bits)
        sorted_out.setdefault((network.version, bits), set()).add(shifted)
    return {key: frozenset(some) for key, some in sorted_out.items()}
