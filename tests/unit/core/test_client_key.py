"""Who is counted."""

import pytest

from decider.core.client_key import client_key
from decider.core.errors import MalformedRequest


@pytest.mark.parametrize(
    ("address", "name", "subnet"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.7", "203.0.113.0/24"),  # IPv4-mapped is IPv4
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64", "2001:db8:1::/48"),  # same subscriber, other spelling
        ("::1", "::/64", "::/48"),
    ],
)
def test_ipv4_counts_by_address_and_ipv6_by_its_64(address: str, name: str, subnet: str) -> None:
    key = client_key(address)
    assert (key.name, key.subnet) == (name, subnet)


@pytest.mark.parametrize(
    "text",
    ["", "unknown", "203.0.113.7, 10.0.0.1", "203.0.113.256", "1.2.3.4:80", "\x00", "٣.1.1.1", "f" * 9_999],
)
def test_what_is_no_address_is_malformed(text: str) -> None:
    with pytest.raises(MalformedRequest, match="address"):
        client_key(text)


def test_a_whole_subnet_lives_in_one_shard() -> None:
    shards = {client_key(f"203.0.113.{last}").shard(16) for last in range(256)}
    assert len(shards) == 1
    assert len({client_key(f"198.51.{third}.1").shard(16) for third in range(64)}) > 8
