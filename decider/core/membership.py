"""Is an address inside any of these networks? Asked on the hot path, so each address is worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from decider.core.client_key import Address
from decider.core.policy import Network

CACHED_ADDRESSES = 65_536  # as many as client_key keeps


def build_membership(networks: Iterable[Network]) -> Callable[[Address], bool]:
    """A cached function address -> bool for a fixed set of networks."""
    fixed = tuple(networks)

    @lru_cache(maxsize=CACHED_ADDRESSES)
    def contains(address: Address) -> bool:
        return any(address in network for network in fixed)

    return contains
