"""Is an address inside any of these networks? One set look-up for each prefix length in use."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from decider.core.client_key import Address
from decider.core.policy import Network


def build_membership(networks: Iterable[Network]) -> Callable[[Address], bool]:
    """A function address -> bool for a fixed set of networks."""
    prefixes: dict[int, dict[int, set[int]]] = {4: {}, 6: {}}
    for network in networks:
        spare_bits = network.max_prefixlen - network.prefixlen
        leading = int(network.network_address) >> spare_bits
        prefixes[network.version].setdefault(spare_bits, set()).add(leading)

    def contains(address: Address) -> bool:
        number = int(address)
        for spare_bits, leading in prefixes[address.version].items():
            if number >> spare_bits in leading:
                return True
        return False

    return contains
