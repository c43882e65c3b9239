"""Who is listed: allow wins, then the listing that lasts longest; other networks are not asked."""

from ipaddress import ip_address, ip_network

import pytest

from decider.core.network_list import Listing, ListName, NetworkLists

NOW = 1_000.0


def listing(what: str, network: str, until: float | None = None) -> Listing:
    return Listing(ListName(what), ip_network(network), until=until)


LISTS = NetworkLists(
    [
        listing("deny", "198.51.100.0/24"),
        listing("allow", "198.51.100.7/32"),
        listing("deny", "203.0.113.0/25", until=NOW + 60),
        listing("deny", "203.0.113.64/26", until=NOW + 600),
        listing("allow", "192.0.2.0/24", until=NOW),
        listing("deny", "192.0.2.0/24"),
        listing("deny", "2001:db8::/32"),
        listing("allow", "2001:db8:1::/48", until=NOW + 5),
    ]
)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("198.51.100.8", ("deny", None)),
        ("198.51.100.7", ("allow", None)),  # allow wins over the network around it
        ("203.0.113.1", ("deny", NOW + 60)),
        ("203.0.113.65", ("deny", NOW + 600)),
        ("203.0.113.129", None),
        ("192.0.2.1", ("deny", None)),  # the allowance has ended
        ("2001:db8::1", ("deny", None)),
        ("2001:db8:1::1", ("allow", NOW + 5)),
        ("2001:db9::1", None),
        ("0.0.0.0", None),
    ],
)
def test_the_listing_that_decides(address: str, found: tuple[str, float | None] | None) -> None:
    deciding = LISTS.find(ip_address(address), NOW)
    assert (deciding and (deciding.list_name.value, deciding.until)) == found


def test_an_answer_worked_out_before_still_ends_in_time() -> None:
    address = ip_address("203.0.113.1")
    assert LISTS.find(address, NOW) is not None
    assert LISTS.find(address, NOW + 61) is None
