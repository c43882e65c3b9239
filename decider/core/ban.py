"""How long a ban lasts: 60 s, four times as long for each repeat, at most a day, forgotten step by step.

With the defaults a client that comes back at once is banned for 60 s, 4 min, 16 min, 64 min, ...; every six
clean hours (a quarter of the memory) take one repeat back, and after a clean day nothing is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from decider.core.client_record import ClientRecord
from decider.core.policy import BanPolicy
from decider.core.record_layout import COUNTERS

REPEATS_FORGOTTEN_PER_MEMORY = 4
MOST_REPEATS = 100  # fits the record's byte; the longest ban is reached long before


@dataclass(frozen=True, slots=True)
class Ban:
    """``until`` epoch seconds; ``seconds`` its length; ``count`` its number within the memory (1 = first)."""

    until: int
    seconds: int
    count: int
    enforced: bool


def next_ban(record: ClientRecord, policy: BanPolicy, now_seconds: float, enforced: bool) -> Ban:
    """The ban that a client with this history gets now."""
    repeats = remembered_repeats(record, policy, now_seconds)
    seconds = min(policy.first_seconds * policy.repeat_factor**repeats, policy.longest_seconds)
    return Ban(ceil(now_seconds + seconds), seconds, min(repeats + 1, MOST_REPEATS), enforced)


def after_visitor_ban(address: ClientRecord, ban: Ban, now_seconds: int) -> ClientRecord:
    """What an address keeps when a visitor of it is banned: a repeat that ended at once, and no counts."""
    runs = address.ban_until > now_seconds
    return _started_anew(address)._replace(
        ban_until=address.ban_until if runs else now_seconds,
        ban_seconds=address.ban_seconds if runs else 0,
        ban_count=ban.count,
        ban_enforced=address.ban_enforced if runs else 0,
    )


def remembered_repeats(record: ClientRecord, policy: BanPolicy, now_seconds: float) -> int:
    """How many earlier bans still count; every clean quarter of the memory takes one back."""
    clean_seconds = max(now_seconds - record.ban_until, 0.0)
    forgotten = int(REPEATS_FORGOTTEN_PER_MEMORY * clean_seconds / policy.memory_seconds)
    return max(record.ban_count - forgotten, 0)


def _started_anew(record: ClientRecord) -> ClientRecord:
    """The record with its counts, rhythm and probe forgotten: what they told was one visitor's doing."""
    counted = 2 * COUNTERS
    buckets = (0,) * counted + record.buckets[counted:]
    return ClientRecord(
        last_ms=record.last_ms,
        ban_until=record.ban_until,
        ban_seconds=record.ban_seconds,
        ban_count=record.ban_count,
        ban_enforced=record.ban_enforced,
        hold_until=record.hold_until,
        outcome_at=record.outcome_at,
        active_hours=record.active_hours,
        buckets=buckets,
    )
