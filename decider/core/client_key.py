"""Who is counted: IPv4 by address, IPv6 by /64, because one subscriber owns the whole /64."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from re import ASCII, Match
from re import compile as pattern
from typing import NamedTuple
from zlib import crc32

from decider.core.errors import MalformedRequest

Address = IPv4Address | IPv6Address

IPV6_CLIENT_BITS = 64  # the prefix a provider hands to one subscriber
IPV6_SUBNET_BITS = 48  # the prefix a provider hands to one site
IPV4_SUBNET_BITS = 24  # the smallest block routed on its own
CACHED_ADDRESSES = 4_096  # those of the clients that are looked at closely
CACHED_CLIENTS = 16_384  # addresses parsed once; about 8 MB at most
_BYTE = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"  # as in RFC 3986, without leading zeros
_IPV4 = pattern(r"\.".join([_BYTE] * 4), ASCII)
MAX_ADDRESS_CHARACTERS = 64  # the longest textual IPv6 address has 45


class ClientKey(NamedTuple):
    """``name`` is what is counted and banned, ``subnet`` its /24 or /48, ``text`` the exact sender.

    ``scope`` tells what kind of record the name has: a client, a subnet, a session, a login's fingerprint.
    """

    name: str
    subnet: str
    text: str
    scope: str = "client"

    @property
    def address(self) -> Address:
        """The exact sender; made when asked for, because most decisions need none."""
        return _address(self.text)

    def shard(self, shards: int) -> int:
        """The shard this client's keys live in: 0 .. shards-1, equal for a whole subnet."""
        return crc32(self.subnet.encode()) % shards if shards > 1 else 0


@lru_cache(maxsize=CACHED_CLIENTS)
def client_key(text: str) -> ClientKey:
    """The client of an address as Nginx writes it; IPv4-mapped IPv6 counts as IPv4.

    Raises MalformedRequest("address") for anything that is not one address.
    """
    usual = _IPV4.fullmatch(text)
    return _ipv4_client(text, usual) if usual else _other_client(text)


def _ipv4_client(text: str, parts: Match[str]) -> ClientKey:
    """The usual case, without ``ip_address``, which takes four times as long and is as strict."""
    return ClientKey(text, f"{text[: parts.start(4)]}0/{IPV4_SUBNET_BITS}", text)


def _other_client(text: str) -> ClientKey:
    try:
        if len(text) > MAX_ADDRESS_CHARACTERS:
            raise ValueError(text[:MAX_ADDRESS_CHARACTERS])
        address = ip_address(text)
    except ValueError as error:
        raise MalformedRequest("address") from error
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if isinstance(address, IPv4Address):
        text = str(address)
        return ClientKey(text, f"{_prefix(address, IPV4_SUBNET_BITS)}/{IPV4_SUBNET_BITS}", text)
    return ClientKey(
        f"{_prefix(address, IPV6_CLIENT_BITS)}/{IPV6_CLIENT_BITS}",
        f"{_prefix(address, IPV6_SUBNET_BITS)}/{IPV6_SUBNET_BITS}",
        str(address),
    )


@lru_cache(maxsize=CACHED_ADDRESSES)
def _address(text: str) -> Address:
    return ip_address(text)


def _prefix(address: Address, bits: int) -> Address:
    spare = address.max_prefixlen - bits
    return type(address)(int(address) >> spare << spare)
