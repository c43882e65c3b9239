"""Visitors: who can be told apart behind one address that several people share.

A visitor is one session or one API key at one address, with a record of its own. Where the visitor's own
record shows the abuse, the visitor is banned and the office behind the address goes on. The narrower ban is
no way out: the address remembers how many of its visitors were banned, and after ``visitors_before_address``
of them, or when the abuse comes without session and key, the address itself is banned.

A session or key is the sender's own claim, so it stands for nobody at another address: an embedded key, or a
stolen one, cannot get its other users banned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from decider.core.ban import remembered_repeats
from decider.core.client_key import ClientKey
from decider.core.evidence import GUIDED_A_BARE_PAGE
from decider.core.hit import mark_of
from decider.core.policy import Policy
from decider.core.record_layout import HOUR, Group
from decider.core.request_facts import RequestFacts
from decider.core.score import Score
from decider.core.tally import Tally

SESSION, API_KEY = "session", "key"
SCOPES = frozenset({SESSION, API_KEY})


class Visitor(NamedTuple):
    """The visitor who asks: its key, its own tally, and what scores it by that tally alone."""

    key: ClientKey
    tally: Tally
    measure: Callable[[], Score]


def visitor_key(facts: RequestFacts) -> ClientKey | None:
    """The record of the session or API key that a request names, in the client's shard; None without."""
    claim = facts.session or facts.api_key
    if not claim:
        return None
    client = facts.client
    scope = SESSION if facts.session else API_KEY
    return ClientKey(f"{client.name}.{mark_of(claim).hex()}", client.subnet, client.text, scope)


def is_banned(visitor: Visitor, address: Tally, observes: bool) -> bool:
    """Whether the visitor's ban runs. It ends with what the address remembers of it: an unban resets both."""
    record = visitor.tally.record
    runs = record.ban_until * 1000 > address.now_ms and address.record.ban_count > 0
    return runs and (bool(record.ban_enforced) or observes)


def may_be_banned_alone(address: Tally, policy: Policy) -> bool:
    """Whether the address has had few enough of its visitors banned for the next to be banned alone."""
    repeats = remembered_repeats(address.record, policy.ban, address.now_ms / 1000)
    return repeats < policy.ban.visitors_before_address


def browses(visitor: Tally) -> bool:
    """Whether the visitor uses the site as people do: what others at its address did is not its fault."""
    guided = visitor.over(Group.GUIDED, HOUR)
    return guided >= GUIDED_A_BARE_PAGE * max(visitor.over(Group.BARE, HOUR), 1.0)
