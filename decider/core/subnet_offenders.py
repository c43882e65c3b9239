"""When a whole subnet is refused: many of its addresses were banned, and hardly anybody else is there.

A botnet in one rented /24 (or /48) takes a new address for each ban. Once ``offenders_before_subnet`` of them
were banned within ten minutes, the subnet is, for the time that one client's ban would take, escalating like
one. Addresses of it that browse, as people's do, speak for it: one for every four offenders keeps it open,
and so does a single good outcome (an order paid, a login that succeeded).
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import ip_network

from decider.core.ban import Ban, next_ban
from decider.core.client_key import ClientKey
from decider.core.client_record import ClientRecord
from decider.core.policy import BanPolicy, Network

WINDOW_SECONDS = 600  # a botnet's addresses are banned within minutes of each other
MOST_GOOD_SHARE = 0.25  # of the offenders; more is a provider with an infected part
OUTCOME_SECONDS = 86_400  # a customer of yesterday is one today
MOST_SUBNETS = 4_096  # watched, the longest quiet forgotten beyond
MOST_ADDRESSES = 256  # noted of a subnet, of each kind: a /24 has no more


class _Subnet:
    __slots__ = ("good", "offenders", "outcome_at", "record")

    def __init__(self) -> None:
        self.offenders: dict[str, float] = {}
        self.good: dict[str, float] = {}
        self.outcome_at = float("-inf")
        self.record = ClientRecord()


class SubnetOffenders:
    """Told of bans and of good clients as they come; times are epoch seconds. Remembers only subnets with an
    offender, and nothing across a restart."""

    def __init__(self) -> None:
        self._subnets: OrderedDict[str, _Subnet] = OrderedDict()

    def is_watched(self, subnet: str) -> bool:
        """Whether good clients of it are worth telling."""
        return subnet in self._subnets

    def note_good(self, client: ClientKey, now: float, has_outcome: bool) -> None:
        """A client was let in and a page of the site had led it there, or it had a good outcome."""
        subnet = self._subnets.get(client.subnet)
        if subnet is None:
            return
        if has_outcome:
            subnet.outcome_at = now
        _note(subnet.good, client.name, now)

    def note_ban(self, client: ClientKey, policy: BanPolicy, now: float) -> Ban | None:
        """A client was banned for its score; the ban of its subnet, if that is due. Exempt ones never are."""
        if not policy.offenders_before_subnet or _is_exempt(client.subnet, policy.exempt):
            return None
        subnet = self._subnets.setdefault(client.subnet, _Subnet())
        self._subnets.move_to_end(client.subnet)
        if len(self._subnets) > MOST_SUBNETS:
            self._subnets.popitem(last=False)
        _note(subnet.offenders, client.name, now)
        if subnet.record.ban_until > now or not _is_due(subnet, policy.offenders_before_subnet, now):
            return None
        ban = next_ban(subnet.record, policy, now, enforced=True)
        subnet.record = ClientRecord(ban_until=ban.until, ban_seconds=ban.seconds, ban_count=ban.count)
        return ban

    def forgive(self, subnet: str) -> None:
        """An operator lifted it: it starts anew."""
        self._subnets.pop(subnet, None)

    def sentence(self, subnet: str, now: float) -> str:
        """Why, in words."""
        known = self._subnets[subnet]
        offenders, good = _recent(known.offenders, now), _recent(known.good, now) - known.offenders.keys()
        minutes = WINDOW_SECONDS // 60
        return f"{len(offenders)} of its addresses were banned within {minutes} minutes, {len(good)} browsed"


def _is_exempt(subnet: str, exempt: tuple[Network, ...]) -> bool:
    network = ip_network(subnet)
    return any(one.version == network.version and one.overlaps(network) for one in exempt)


def _is_due(subnet: _Subnet, offenders_before_subnet: int, now: float) -> bool:
    offenders = _recent(subnet.offenders, now)
    if len(offenders) < offenders_before_subnet or now - subnet.outcome_at <= OUTCOME_SECONDS:
        return False
    good = _recent(subnet.good, now) - subnet.offenders.keys()
    return len(good) <= MOST_GOOD_SHARE * len(offenders)


def _recent(addresses: dict[str, float], now: float) -> set[str]:
    return {name for name, at in addresses.items() if now - at <= WINDOW_SECONDS}


def _note(addresses: dict[str, float], name: str, now: float) -> None:
    addresses.pop(name, None)
    addresses[name] = now
    if len(addresses) > MOST_ADDRESSES:
        del addresses[next(iter(addresses))]
