"""How long Nginx may repeat a block by itself, so that an operator's word still reaches the client in time.

A block says what was known when it was decided. An unban is in the client's record and known to the next
decision; a listing is known to a worker once it has read the lists again. So nothing that Nginx repeats may
outlive the moment at which the lists were read by more than EFFECT_SECONDS, unless it can be called back: for
that there is the lease (decider/deny_lease.py). Ten thousand blocked clients who are asked about every other
second keep more than a core busy; once in fifteen seconds, a seventh of that.
"""

from __future__ import annotations

from math import floor
from typing import NamedTuple

EFFECT_SECONDS = 3.0  # after which an unban or a listing is in effect for the client
ON_THE_WAY_SECONDS = 0.1  # from the decision to Nginx's cache, at most; usually a millisecond
READABLE_SECONDS = 2.5  # two beats of a worker missed: Redis is away
END_SECONDS = 2  # Nginx counts its last second in full, and what a ban has left is rounded up
LEASE_SECONDS = 20  # also what a lift waits for while no decider is there to call back; longer saves little
LEASE_SPREAD = 10  # 11 to 20 s: who is blocked in one second is asked about in several
LEASE_LOOK_SECONDS = 1.5  # a beat of a worker and a half: a lease that was looked at longer ago may be gone
SHARE_OF_BAN = 6  # Retry-After is repeated as it was: it is never wrong by more than a sixth
# After a lease was called back, until everything that was kept under it has ended: the lease itself, Nginx's
# last second, its look at the file once a second, and a worker that has not yet noticed.
LEASE_REST_SECONDS = LEASE_SECONDS + 5.0


class Look(NamedTuple):
    """What a worker found when it last looked: when it had read the lists, whether the lease was there.

    ``is_degraded``: the block comes from the worker's own memory, which may not know of an unban that Redis
    knew of. It is not kept, unless Redis has been away for so long that every block comes from there.
    """

    lists_read_at: float
    has_lease: bool
    is_degraded: bool = False


class Keeping(NamedTuple):
    """Seconds for X-Accel-Expires; ``is_leased``: only for an Nginx that sees the lease."""

    seconds: int
    is_leased: bool


def deny_cache_seconds(most: int, now: float, lists_read_at: float, ban_seconds: int) -> int:
    """What to write into X-Accel-Expires; 0 for: do not keep it.

    ``most``: the policy's. ``now``, ``lists_read_at``: epoch seconds. ``ban_seconds``: what the ban has left.
    Nginx counts in whole seconds of the clock and the last one in full: with 2, what comes at 10.1 or at 10.9
    is repeated until 13.0. While Redis is away nobody can change the lists either: then it is 1.
    """
    most = max(0, min(most, ban_seconds - END_SECONDS))
    if now - lists_read_at > READABLE_SECONDS:
        return min(most, 1)
    last_second = floor(lists_read_at + EFFECT_SECONDS) - 1
    return max(0, min(most, last_second - floor(now + ON_THE_WAY_SECONDS)))


def keeping(most: int, now: float, look: Look, ban_seconds: int, number: int = 0) -> Keeping:
    """How Nginx may keep a block. ``number``: how many came before it; the rest as above."""
    if look.is_degraded and now - look.lists_read_at <= READABLE_SECONDS:
        return Keeping(0, is_leased=False)
    short = deny_cache_seconds(most, now, look.lists_read_at, ban_seconds)
    if look.has_lease and now - look.lists_read_at <= LEASE_LOOK_SECONDS:
        leased = min(most, LEASE_SECONDS - number % LEASE_SPREAD, ban_seconds // SHARE_OF_BAN)
        if leased > short:
            return Keeping(leased, is_leased=True)
    return Keeping(short, is_leased=False)
