"""Which addresses several visitors share, and which of those visitors are banned: what this worker knows.

A record for every session would double what a decision costs, and hand a bot that owns its address a way
out of its first bans. So visitors are counted only at an address that has shown several people: several
sessions that each browse, or several API keys that the site answers.
"""

from __future__ import annotations

from collections import OrderedDict

from decider.core.client_key import ClientKey
from decider.core.evidence import people_of
from decider.core.record_layout import DAY, HOUR, Group, Sketch
from decider.core.tally import Tally
from decider.core.verdict import Verdict
from decider.core.visitor import Visitor, is_banned

MOST_ADDRESSES = 8_192  # kept, the least recently asked about forgotten beyond: about 1 MB
MOST_BANS = 8_192  # banned visitors kept; one forgotten is known again with its next request
SHARED_SECONDS = 600.0  # an attack from inside hides the people of an address: they are remembered so long
EXCUSE_WINDOW_SECONDS = 60
# an attack from inside is over the limit within a second, and its visitor banned with its next request
EXCUSED_A_WINDOW = 20
SERVED_A_KEY = 5.0  # answers of a day for each API key that show the site to know them


class SharedAddresses:
    """Told of tallies as they come, asked before the next request is counted. Times are epoch seconds."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()
        self._bans: OrderedDict[str, float] = OrderedDict()
        self._excuse_window = 0
        self._excused: dict[str, int] = {}

    def is_shared(self, client: str, now_seconds: float) -> bool:
        """Whether several visitors have been seen at this address lately."""
        until = self._until.get(client)
        return until is not None and until > now_seconds

    def note(self, client: str, tally: Tally) -> None:
        """Learn from a tally of the address."""
        if tally.most_distinct(Sketch.SESSIONS) < 2 or not _is_shared(tally):
            return
        self._until[client] = tally.now_ms / 1000 + SHARED_SECONDS
        self._until.move_to_end(client)
        if len(self._until) > MOST_ADDRESSES:
            self._until.popitem(last=False)

    def is_banned(self, visitor: str, now_seconds: float) -> bool:
        """Whether the visitor is known to be banned: then its requests count for it alone."""
        until = self._bans.get(visitor)
        if until is None:
            return False
        if until <= now_seconds:
            del self._bans[visitor]
            return False
        return True

    def note_visitor(self, visitor: Visitor, address: Tally, verdict: Verdict) -> None:
        """Learn of a visitor's ban, or that there is none any more."""
        name, until = visitor.key.name, visitor.tally.record.ban_until
        if verdict.banned_visitor is not None and verdict.new_ban is not None:
            until = verdict.new_ban.until
        elif not is_banned(visitor, address, observes=True):
            self._bans.pop(name, None)
            return
        self._bans[name] = until
        if len(self._bans) > MOST_BANS:
            self._bans.popitem(last=False)

    def may_excuse(self, visitor: ClientKey, now_seconds: float) -> bool:
        """Count a request that is let through while its address is over the limit; whether it may be.

        Bounded, because sessions that pretend to browse would share any load among them.
        """
        window = int(now_seconds // EXCUSE_WINDOW_SECONDS)
        if window != self._excuse_window:
            self._excuse_window, self._excused = window, {}
        excused = self._excused.get(visitor.text, 0)
        self._excused[visitor.text] = excused + 1
        return excused < EXCUSED_A_WINDOW


def _is_shared(tally: Tally) -> bool:
    if people_of(tally) > 1.0:
        return True
    keys = tally.distinct(Sketch.SESSIONS)
    refused = tally.over(Group.REFUSED, HOUR) + tally.over(Group.MISSING, HOUR)
    served = tally.over(Group.SERVED, DAY)
    is_answered = served >= SERVED_A_KEY * keys and refused < served / SERVED_A_KEY
    return is_answered and tally.over(Group.API, HOUR) > 0
