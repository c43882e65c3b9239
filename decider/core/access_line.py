"""One line of Nginx's access log, as it arrives in a syslog datagram.

    <190>Nov 23 09:05:11 decider: {"time":"1763888711.204","address":"203.0.113.7","status":"403", ...}

Nginx writes the frame and every value as a string (``escape=json``), but bytes above 0x7f arrive as the
client sent them, a request target may hold anything, and any local process may write to the socket: no
datagram raises here, and what is no line is None.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

ADDRESS_CHARACTERS = 64  # the longest textual IPv6 address has 45
METHOD_CHARACTERS = 32  # the longest registered method has 17
TARGET_CHARACTERS = 2_048  # what the route rules read of a target
HOST_CHARACTERS = 255  # the longest name DNS has
HEADER_CHARACTERS = 1_024  # as the decider reads them: see web/nginx_request.py
REASONS_CHARACTERS = 512  # some forty signals; the header has a few
LONGEST_SECONDS = 86_400.0  # a request of more than a day is a broken clock
MOST_BYTES_DIGITS = 15  # a petabyte; more digits are no byte count


class Outcome(StrEnum):
    """What became of a request at the gateway."""

    ALLOWED = "allow"
    BLOCKED = "block"
    WOULD_BLOCK = "would-block"  # observe mode: let through, but noted
    FAIL_OPEN = "fail-open"  # let through without a decision
    UNGUARDED = ""  # the location asks nobody


_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


@dataclass(frozen=True, slots=True)
class AccessLine:
    """What the recorder keeps of a line. ``target`` is the raw request target, clipped.

    ``from_deny_cache``: Nginx answered a repeated block by itself. ``upstream_seconds`` is the time that the
    site's own server took, over all tries; ``bytes_sent`` went to the client.
    """

    address: str
    method: str
    target: str
    status: int
    outcome: Outcome
    reasons: str
    from_deny_cache: bool
    upstream_seconds: float
    bytes_sent: int
    host: str = ""
    user_agent: str = ""
    referer: str = ""


def parse_access_line(datagram: bytes) -> AccessLine | None:
    """Read one datagram; None when it is no access line."""
    start = datagram.find(b"{")
    if start < 0:
        return None
    try:
        values = json.loads(datagram[start:].decode("utf-8", "replace"))
    except (ValueError, RecursionError):  # RecursionError: a thousand brackets from a local joker
        return None
    if not isinstance(values, dict):
        return None
    address, status = _text(values, "address", ADDRESS_CHARACTERS), _status(values.get("status"))
    if not address or status is None:
        return None
    outcome = _outcome(values, status)
    return AccessLine(
        address=address,
        method=_text(values, "method", METHOD_CHARACTERS),
        target=_text(values, "uri", TARGET_CHARACTERS),
        status=status,
        outcome=outcome,
        reasons=_text(values, "reasons", REASONS_CHARACTERS),
        from_deny_cache=outcome is Outcome.BLOCKED and values.get("deny_cache") == "HIT",
        upstream_seconds=_upstream_seconds(values.get("upstream_seconds")),
        bytes_sent=_bytes(values.get("bytes_sent")),
        host=_text(values, "host", HOST_CHARACTERS),
        user_agent=_text(values, "user_agent", HEADER_CHARACTERS),
        referer=_text(values, "referer", HEADER_CHARACTERS),
    )


def main_signal(reasons: str) -> str:
    """The signal that weighed most: ``burst`` of ``burst=0.62,regularity=0.41``; empty when there is none."""
    return reasons.partition(",")[0].partition("=")[0].strip()


def _text(values: dict[str, object], name: str, limit: int) -> str:
    value = values.get(name)
    return value[:limit] if isinstance(value, str) else ""


def _status(value: object) -> int | None:
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isdigit():
        return int(value)
    return None


def _outcome(values: dict[str, object], status: int) -> Outcome:
    """The verdict decides; a fail-open mark and a cached 403 count also where the verdict got lost."""
    verdict = values.get("verdict")
    outcome = _OUTCOMES.get(verdict, Outcome.UNGUARDED) if isinstance(verdict, str) else Outcome.UNGUARDED
    if outcome is Outcome.UNGUARDED:
        if values.get("fail_open") == "1":
            return Outcome.FAIL_OPEN
        if values.get("deny_cache") == "HIT" and status == 403:
            return Outcome.BLOCKED
    return outcome


def _upstream_seconds(value: object) -> float:
    """Nginx writes ``0.012``, ``-``, or one time for each try: ``0.150, 0.012 : 0.003``."""
    if not isinstance(value, str) or value in ("", "-"):
        return 0.0
    try:
        return _bounded(float(value))
    except ValueError:
        return sum(_one_try(part) for part in value[:REASONS_CHARACTERS].replace(":", ",").split(","))


def _one_try(text: str) -> float:
    try:
        return _bounded(float(text))
    except ValueError:
        return 0.0


def _bounded(seconds: float) -> float:
    return seconds if 0.0 <= seconds <= LONGEST_SECONDS else 0.0  # NaN compares false


def _bytes(value: object) -> int:
    if isinstance(value, str) and len(value) <= MOST_BYTES_DIGITS and value.isascii() and value.isdigit():
        return int(value)
    return 0
