"""What a security event is: the one contract between decider, stream, MongoDB and dashboard.

An event is a change of state (a ban started, an operator acted, Redis went away), never a request:
events grow with attackers, not with attack requests.

Shapes
    stream    one field ``event``: the JSON of ``to_json``; times are epoch seconds (float, UTC)
    MongoDB   ``to_document(stream_id)``: ``_id`` is the stream id, times are aware UTC datetimes
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

STREAM_KEY = "decider:events"
STREAM_FIELD = "event"
TEXT_LIMIT_CHARACTERS = 512  # path, user agent, referer: enough to recognise, small enough to keep a million


class EventKind(StrEnum):
    """The closed set of state changes."""

    BAN_STARTED = "ban_started"
    BAN_EXTENDED = "ban_extended"
    BAN_LIFTED = "ban_lifted"
    WOULD_BLOCK = "would_block"
    ALLOW_LISTED = "allow_listed"
    DENY_LISTED = "deny_listed"
    DELISTED = "delisted"
    FAIL_OPEN_STARTED = "fail_open_started"
    FAIL_OPEN_ENDED = "fail_open_ended"
    DEGRADED_STARTED = "degraded_started"
    DEGRADED_ENDED = "degraded_ended"
    BANS_RESTORED = "bans_restored"
    EVENTS_TRIMMED = "events_trimmed"


@dataclass(frozen=True, slots=True)
class Reason:
    """One signal's share of a threat score: contribution = weight x signal, 0..1."""

    signal: str
    contribution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEvent:
    """One state change. Fields that do not apply keep their empty value.

    ``client`` is the key that was counted (IPv4 address or IPv6 /64), ``address`` the exact address.
    ``ban_seconds`` is the length of the ban, ``until`` its end (epoch seconds), ``ban_count`` its number
    within the memory of the policy (1 = first). ``actor`` is who did it: ``decider``, ``recorder`` or the
    operator's name; ``note`` is the operator's reason. ``count`` is what an episode event counted
    (requests let through, events trimmed, bans restored).
    """

    kind: EventKind
    ts: float
    node: str = ""
    actor: str = "decider"
    client: str = ""
    address: str = ""
    scope: str = ""
    country: str = ""
    asn: int = 0
    network: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    score: float = 0.0
    reasons: tuple[Reason, ...] = ()
    sentence: str = ""
    method: str = ""
    host: str = ""
    path: str = ""
    route: str = ""
    route_class: str = ""
    user_agent: str = ""
    referer: str = ""
    request_id: str = ""
    mode: str = ""
    ban_seconds: int = 0
    until: float = 0.0
    ban_count: int = 0
    note: str = ""
    count: int = 0

    def to_json(self) -> str:
        """The stream form: compact JSON, keys as the field names, empty values left out."""
        return json.dumps(self._filled(), separators=(",", ":"))

    def to_document(self, stream_id: str) -> dict[str, Any]:
        """The MongoDB form: ``_id`` is the stream id, ``ts`` and ``until`` are aware UTC datetimes."""
        document = {"_id": stream_id, "reasons": [], **self._filled()}
        document["ts"] = datetime.fromtimestamp(self.ts, UTC)
        if self.until:
            document["until"] = datetime.fromtimestamp(self.until, UTC)
        return document

    def _filled(self) -> dict[str, Any]:
        """The fields that are not empty, by hand: ``asdict`` copies deeply and takes five times as long."""
        filled = {name: value for name in _FIELDS if (value := getattr(self, name)) or name in _ALWAYS}
        if self.reasons:
            filled["reasons"] = [
                {"signal": reason.signal, "contribution": reason.contribution} for reason in self.reasons
            ]
        return filled


_FIELDS = tuple(field.name for field in fields(SecurityEvent))
_ALWAYS = ("ts", "score")  # present even where they are zero


def event_from_mapping(mapping: Mapping[str, Any]) -> SecurityEvent:
    """Read a MongoDB document back. Raises KeyError or ValueError for what is no event."""
    known: dict[str, Any] = {name: mapping[name] for name in _FIELDS if name in mapping}
    known["kind"] = EventKind(known["kind"])
    known["reasons"] = tuple(
        Reason(str(reason["signal"]), float(reason["contribution"])) for reason in known.get("reasons", ())
    )
    for moment in ("ts", "until"):
        if isinstance(known.get(moment), datetime):
            known[moment] = known[moment].timestamp()
    return SecurityEvent(**known)


def clip(text: str, limit: int = TEXT_LIMIT_CHARACTERS) -> str:
    """Cut attacker-controlled text to ``limit`` characters, without control characters or lone surrogates."""
    printable = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:limit]
    )
    return printable.encode("utf-8", "replace").decode("utf-8")
