"""A stream entry as a security event, or a reason why it is none.

Whatever somebody wrote into the stream, reading it either gives an event that MongoDB takes or raises
ValueError: one poison entry must not hold up the thousand sound ones of its batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from math import isfinite

from decider.core.security_event import STREAM_FIELD, SecurityEvent, event_from_json

ENTRY_LIMIT_BYTES = 65_536  # an event has about 1 KB, 8 KB with every text at its limit
LATEST_MOMENT = 4_102_444_800.0  # the year 2100: later times are broken clocks or forged
LARGEST_INTEGER = 2**63 - 1  # BSON's widest

_MOMENTS = ("ts", "until")
_TYPES = {field.name: str(field.type) for field in fields(SecurityEvent)}


def event_of_entry(entry: Mapping[bytes, bytes]) -> SecurityEvent:
    """The event of one entry's fields. Raises ValueError naming what is wrong."""
    text = entry.get(STREAM_FIELD.encode())
    if text is None:
        raise ValueError(f"no field {STREAM_FIELD!r}")
    if len(text) > ENTRY_LIMIT_BYTES:
        raise ValueError(f"{len(text)} bytes, more than {ENTRY_LIMIT_BYTES}")
    try:
        event = event_from_json(text)
    except RecursionError as error:
        raise ValueError("nested without end") from error
    if fault := _fault(event):
        raise ValueError(fault)
    return event


def _fault(event: SecurityEvent) -> str:
    for name, wanted in _TYPES.items():
        value = getattr(event, name)
        if (check := _CHECKS.get(wanted)) and not check(value):
            return f"{name} is no {wanted}"
    for name in _MOMENTS:
        if not 0.0 <= getattr(event, name) <= LATEST_MOMENT:
            return f"{name} is no time"
    for reason in event.reasons:
        if not _is_text(reason.signal) or not isfinite(reason.contribution):
            return "reasons are no signals with numbers"
    return ""


def _is_text(value: object) -> bool:
    """A string that UTF-8 can carry: JSON may hold lone surrogates, BSON may not."""
    return isinstance(value, str) and (value.isascii() or not _has_surrogate(value))


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _is_integer(value: object) -> bool:
    return type(value) is int and abs(value) <= LARGEST_INTEGER  # not isinstance: True is no count


def _is_number(value: object) -> bool:
    return (type(value) is float and isfinite(value)) or _is_integer(value)


def _is_number_or_none(value: object) -> bool:
    return value is None or _is_number(value)


_CHECKS: Mapping[str, Callable[[object], bool]] = {
    "str": _is_text,
    "int": _is_integer,
    "float": _is_number,
    "float | None": _is_number_or_none,
}
