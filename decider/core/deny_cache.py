"""How long Nginx may repeat a block by itself, so that an operator's word still reaches the client in time.

A block says what was known when it was decided. An unban is in the client's record and known to the next
decision; a listing is known to a worker once it has read the lists again. So nothing that Nginx repeats may
outlive the moment at which the lists were read by more than EFFECT_SECONDS.
"""

from __future__ import annotations

from math import floor

EFFECT_SECONDS = 3.0  # after which an unban or a listing is in effect for the client
ON_THE_WAY_SECONDS = 0.1  # from the decision to Nginx's cache, at most; usually a millisecond
READABLE_SECONDS = 2.5  # two beats of a worker missed: Redis is away


def deny_cache_seconds(most: int, now: float, lists_read_at: float, ban_seconds: int) -> int:
    """What to write into X-Accel-Expires; 0 for: do not keep it.

    ``most``: the policy's. ``now``, ``lists_read_at``: epoch seconds. ``ban_seconds``: what the ban has left.
    Nginx counts in whole seconds of the clock and the last one in full: with 2, what comes at 10.1 or at 10.9
    is repeated until 13.0. While Redis is away nobody can change the lists either: then it is 1.
    """
    if now - lists_read_at > READABLE_SECONDS:
        return min(most, 1)
    last_second = floor(lists_read_at + EFFECT_SECONDS) - 1
    return max(0, min(most, last_second - floor(now + ON_THE_WAY_SECONDS), max(1, ban_seconds)))
