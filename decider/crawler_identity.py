"""Who a client that calls itself a crawler is, looked into now, for an operator who asks.

Deciding never waits for DNS (stores/reverse_dns.py); a person does, for a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from decider.core.client_key import Address
from decider.core.crawler import (
    Claim,
    CrawlerIdentity,
    CrawlerList,
    Proof,
    Source,
    claim_by_networks,
    claimed_crawler,
    published_for,
)
from decider.core.errors import StoreUnavailable
from decider.core.ports import NameResolver
from decider.stores.reverse_dns import is_confirmed

PROOF_OF_CLAIM = {Claim.VERIFIED: Proof.VERIFIED, Claim.OPEN: Proof.UNKNOWN, Claim.FALSE: Proof.DENIED}
PATIENCE_SECONDS = 2.0  # for all questions together: a page waits for the answer


async def identify(
    address: Address, user_agent: str, crawlers: Sequence[CrawlerList], resolver: NameResolver | None
) -> CrawlerIdentity:
    """``crawlers`` with the longest name first; ``resolver`` None: DNS is turned off. Never raises."""
    published = published_for(address, crawlers)
    crawler = claimed_crawler(user_agent, crawlers)
    if crawler is None:
        return CrawlerIdentity("", Proof.NONE, Source.PUBLISHED, published)
    if crawler.networks:
        proof = PROOF_OF_CLAIM[claim_by_networks(crawler, address)]
        return CrawlerIdentity(crawler.name, proof, Source.PUBLISHED, published)
    proof = await _asked(address, crawler.host_suffixes, resolver)
    return CrawlerIdentity(crawler.name, proof, Source.DNS, published)


async def _asked(address: Address, suffixes: tuple[str, ...], resolver: NameResolver | None) -> Proof:
    if resolver is None:
        return Proof.UNKNOWN
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return Proof.VERIFIED if await is_confirmed(resolver, address, suffixes) else Proof.DENIED
    except (StoreUnavailable, TimeoutError):
        return Proof.UNKNOWN
