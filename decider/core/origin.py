"""What kind of network an address is on: a weight in the score, never a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OriginKind(StrEnum):
    """Who runs the network, as far as published lists tell."""

    UNKNOWN = "unknown"  # in no list: most often a home or an office
    HOSTING = "hosting"
    VPN = "vpn"
    TOR = "tor"


@dataclass(frozen=True, slots=True)
class Origin:
    """``is_named``: the operator named the country."""

    kind: OriginKind = OriginKind.UNKNOWN
    provider: str = ""
    country: str = ""
    is_named: bool = False


UNKNOWN_ORIGIN = Origin()
