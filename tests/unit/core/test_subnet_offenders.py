"""Many offenders and few good clients: only then is a whole subnet refused."""

from dataclasses import replace

import pytest

from decider.core.ban import Ban
from decider.core.client_key import client_key
from decider.core.subnet_offenders import SubnetOffenders
from decider.policy_source import load_policy

POLICY = load_policy(None).ban
NOW = 1_800_000_000.0


def botnet(offenders: SubnetOffenders, addresses: int, apart: float = 1.0, start: float = NOW) -> list[Ban]:
    """So many addresses of one /24, banned one after the other."""
    bans = (
        offenders.note_ban(client_key(f"198.51.100.{number}"), POLICY, start + apart * number)
        for number in range(addresses)
    )
    return [ban for ban in bans if ban is not None]


def people(offenders: SubnetOffenders, number: int, has_outcome: bool = False) -> None:
    for host in range(200, 200 + number):
        offenders.note_good(client_key(f"198.51.100.{host}"), NOW, has_outcome)


@pytest.mark.parametrize(
    ("addresses", "apart", "good", "subnet_is_refused"),
    [
        (8, 1.0, 0, True),
        (7, 1.0, 0, False),  # too few
        (8, 100.0, 0, False),  # never eight within ten minutes
        (8, 1.0, 2, True),  # one good client for every four offenders
        (8, 1.0, 3, False),
        (12, 1.0, 3, True),
    ],
)
def test_a_subnet_is_refused_for_many_offenders_and_few_good_clients(
    addresses: int, apart: float, good: int, subnet_is_refused: bool
) -> None:
    offenders = SubnetOffenders()
    offenders.note_ban(client_key("198.51.100.0"), POLICY, NOW)
    people(offenders, good)
    assert bool(botnet(offenders, addresses, apart)) is subnet_is_refused


def test_a_customer_keeps_its_subnet_open() -> None:
    offenders = SubnetOffenders()
    offenders.note_ban(client_key("198.51.100.0"), POLICY, NOW)
    people(offenders, 1, has_outcome=True)
    assert not botnet(offenders, 200)


def test_an_offender_does_not_speak_for_its_own_subnet() -> None:
    offenders = SubnetOffenders()
    offenders.note_ban(client_key("198.51.100.0"), POLICY, NOW)
    for number in range(8):
        offenders.note_good(client_key(f"198.51.100.{number}"), NOW, has_outcome=False)
    assert len(botnet(offenders, 8)) == 1


def test_the_same_address_many_times_is_one_offender() -> None:
    offenders, one = SubnetOffenders(), client_key("198.51.100.7")
    assert not any(offenders.note_ban(one, POLICY, NOW + number) for number in range(50))


def test_it_is_refused_once_at_a_time_and_longer_at_each_repeat() -> None:
    offenders = SubnetOffenders()
    first = botnet(offenders, 60)
    second = botnet(offenders, 60, start=first[0].until + 1)
    assert [ban.seconds for ban in (*first[:1], *second[:1])] == [60, 240]
    assert len(first) == 1


def test_an_operators_delisting_starts_anew() -> None:
    offenders = SubnetOffenders()
    botnet(offenders, 8)
    offenders.forgive("198.51.100.0/24")
    assert not offenders.is_watched("198.51.100.0/24")
    assert not botnet(offenders, 7, start=NOW + 100)


@pytest.mark.parametrize("address", ["10.1.2.{}", "fd00:1:2:{}::1"])
def test_exempt_networks_are_never_refused_whole(address: str) -> None:
    offenders = SubnetOffenders()
    assert not any(offenders.note_ban(client_key(address.format(one)), POLICY, NOW) for one in range(1, 60))


def test_zero_switches_it_off() -> None:
    offenders, policy = SubnetOffenders(), replace(POLICY, offenders_before_subnet=0)
    assert not any(offenders.note_ban(client_key(f"198.51.100.{one}"), policy, NOW) for one in range(1, 200))


def test_ipv6_is_refused_by_its_48() -> None:
    offenders = SubnetOffenders()
    bans = [offenders.note_ban(client_key(f"2001:db8:1:{one:x}::1"), POLICY, NOW) for one in range(8)]
    assert bans[-1] is not None
    assert offenders.sentence("2001:db8:1::/48", NOW).startswith("8 of its addresses were banned")
