"""Who sends the requests of a scenario."""

from __future__ import annotations

from dataclasses import dataclass

_BLOCKS = 16
_SPREAD = 6151
_LOW_ADDRESSES = 1 << 24


@dataclass(frozen=True, slots=True)
class Clients:
    """``count`` addresses from ``first``.0.0.0 up, over 16 /8 blocks, so that hardly two share a /24."""

    first: int
    count: int

    def address(self, number: int) -> str:
        """The same addresses that requests.lua makes."""
        low = (number // _BLOCKS * _SPREAD) % _LOW_ADDRESSES
        return f"{self.first + number % _BLOCKS}.{low >> 16}.{low >> 8 & 255}.{low & 255}"


ONE = Clients(first=20, count=1)
MANY = Clients(first=20, count=200_000)
DENIED_NETWORK = "208.0.0.0/4"  # on the deny-list of the bench; holds all of these and none of the above
DENIED_ONE = Clients(first=208, count=1)
DENIED_10K = Clients(first=208, count=10_000)
