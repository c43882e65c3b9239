"""Numbers and moments as people read them: units, thousands separators, the time zone said."""

from __future__ import annotations

from datetime import UTC, datetime

from decider.core.security_event import EventKind, SecurityEvent

MOST_PERCENT = 900  # beyond it people think in multiples


def rate(per_second: float) -> str:
    """``1,070`` from ten up, one decimal below."""
    return f"{per_second:,.0f}" if per_second >= 10 else f"{per_second:,.1f}"


def share(part: float) -> str:
    """``14.9 %``."""
    return f"{100 * part:.1f} %"


def change(now: float, before: float, phrase: str) -> str:
    """``▲ 38 % more than in the 5 minutes before``; arrow, sign and word say the same, for every eye."""
    if not before:
        return f"none {phrase}" if now else f"none {phrase} either"
    percent = round(100 * (now - before) / before)
    if not percent:
        return f"= as many as {phrase}"
    if percent >= MOST_PERCENT:
        return f"▲ {now / before:,.0f} times as many as {phrase}"
    return f"▲ {percent} % more than {phrase}" if percent > 0 else f"▼ {-percent} % fewer than {phrase}"


def dollars(usd: float) -> str:
    """``$ 363.31``; small sums keep two significant digits."""
    if usd >= 1 or usd == 0:
        return f"$ {usd:,.2f}"
    return f"$ {usd:.2g}" if usd >= 0.0001 else "< $ 0.0001"


def duration(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3 h``, ``2 d``."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def bucket_length(seconds: int) -> str:
    """``second``, ``15 seconds``, ``minute``, ``2 hours``: completes "each ..."."""
    unit, length = next(one for one in (("hour", 3_600), ("minute", 60), ("second", 1)) if seconds >= one[1])
    count = seconds // length
    return unit if count == 1 else f"{count} {unit}s"


def clock(moment: float) -> str:
    """``2026-11-23 09:41:07`` in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


def reasons(event: SecurityEvent) -> str:
    """``sensitive_pressure 0.92, burst 0.43``; the operator's note where a person acted."""
    if event.reasons:
        return ", ".join(f"{one.signal} {one.contribution:.2f}" for one in event.reasons)
    return f"{event.actor}: {event.note}" if event.note else event.actor


def ban_state(event: SecurityEvent, now: float) -> str:
    """What became of a ban: running (and how long still), ended, lifted, observed."""
    if event.kind is EventKind.BAN_LIFTED:
        return "lifted"
    left = event.until - now
    if event.kind is EventKind.WOULD_BLOCK:
        return "observed" if left > 0 else "observed, ended"
    return f"banned, {duration(left)} left" if left > 0 else "ended"
