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


def build_crawler_check(
    crawlers: Iterable[CrawlerList],
    confirmed_by_dns: Callable[[Address, tuple[str, ...]], bool | None] = lambda _address, _suffixes: None,
) -> Callable[[str, Address], Claim]:
    """A cached function (claimed crawler, address) -> Claim.

    ``confirmed_by_dns`` answers at once: True, False, or None while it is not known yet.
    """
    known: Mapping[str, CrawlerList] = {one.name: one for one in crawlers}

    @lru_cache(maxsize=CACHED_ADDRESSES)
    def is_in(published: tuple[str, ...], address: Address) -> bool:
        networks = _prefixes(published)
        return any(
            int(address) >> (address.max_prefixlen - bits) in networks.get((address.version, bits), ())
            for bits in range(8, address.max_prefixlen + 1)
        )

    def check(name: str, address: Address) -> Claim:
        crawler = known.get(name)
        if crawler is None:
            return Claim.NONE
        if crawler.networks:
            if is_in(crawler.networks, address):
                return Claim.VERIFIED
            return Claim.OPEN if is_in(crawler.other_networks, address) else Claim.FALSE
        answer = confirmed_by_dns(address, crawler.host_suffixes)
        if answer is None:
            return Claim.OPEN
        return Claim.VERIFIED if answer else Claim.FALSE

    return check


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
