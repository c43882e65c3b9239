"""An address or a network as an operator writes it, in the one form that clients are compared with."""

from __future__ import annotations

from ipaddress import IPv6Network, ip_network

from decider.core.policy import Network

IPV4_MAPPED = IPv6Network("::ffff:0:0/96")
TEXT_CHARACTERS = 64  # the longest textual IPv6 network has 49


def network_from_text(text: str) -> Network:
    """``203.0.113.7``, ``203.0.113.0/24`` or IPv6 likewise. Raises ValueError that says what to write.

    What would never match a client is refused: host bits, zones, and IPv4 written as IPv6.
    """
    if len(text) > TEXT_CHARACTERS or "%" in text:
        raise ValueError("write an address or a network like 203.0.113.0/24")
    try:
        network = ip_network(text, strict=False)
    except ValueError as error:
        raise ValueError("write an address or a network like 203.0.113.0/24") from error
    address = text.partition("/")[0]
    if isinstance(network, IPv6Network) and network.subnet_of(IPV4_MAPPED):
        mapped = ip_network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
        raise ValueError(f"IPv4-mapped clients count as IPv4: write {mapped}")
    if ip_network(address).network_address != network.network_address:
        raise ValueError(f"its host bits are set: write {network}, or {address} for the one address")
    return network
