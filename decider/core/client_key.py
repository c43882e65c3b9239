"""Who is counted: IPv4 by address, IPv6 by /64, because one subscriber owns the whole /64."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from zlib import crc32

from decider.core.errors import MalformedRequest

Address = IPv4Address | IPv6Address

IPV6_CLIENT_BITS = 64  # the prefix a provider hands to one subscriber
IPV6_SUBNET_BITS = 48  # the prefix a provider hands to one site
IPV4_SUBNET_BITS = 24  # the smallest block routed on its own
CACHED_CLIENTS = 65_536  # addresses parsed once; about 30 MB at most
MAX_ADDRESS_CHARACTERS = 64  # the longest textual IPv6 address has 45


@dataclass(frozen=True, slots=True)
class ClientKey:
    """``name`` is what is counted and banned, ``subnet`` its /24 or /48, ``address`` the exact sender.

    ``scope`` tells what kind of record the name has: a client, a subnet, a session, a login's fingerprint.
    """

    name: str
    subnet: str
    address: Address
    scope: str = "client"

    def shard(self, shards: int) -> int:
        """The shard this client's keys live in: 0 .. shards-1, equal for a whole subnet."""
        return crc32(self.subnet.encode()) % shards if shards > 1 else 0


@lru_cache(maxsize=CACHED_CLIENTS)
def client_key(text: str) -> ClientKey:
    """The client of an address as Nginx writes it; IPv4-mapped IPv6 counts as IPv4.

    Raises MalformedRequest("address") for anything that is not one address.
    """
    try:
        if len(text) > MAX_ADDRESS_CHARACTERS:
            raise ValueError(text[:MAX_ADDRESS_CHARACTERS])
        address = ip_address(text)
    except ValueError as error:
        raise MalformedRequest("address") from error
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if isinstance(address, IPv4Address):
        return ClientKey(str(address), f"{_prefix(address, IPV4_SUBNET_BITS)}/{IPV4_SUBNET_BITS}", address)
    return ClientKey(
        f"{_prefix(address, IPV6_CLIENT_BITS)}/{IPV6_CLIENT_BITS}",
        f"{_prefix(address, IPV6_SUBNET_BITS)}/{IPV6_SUBNET_BITS}",
        address,
    )


def _prefix(address: Address, bits: int) -> Address:
    spare = address.max_prefixlen - bits
    return type(address)(int(address) >> spare << spare)
