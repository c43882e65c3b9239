"""A stream entry as a security event, or a reason why it is none.

Whatever somebody wrote into the stream, reading it either gives an event that MongoDB takes or raises
ValueError: one poison entry must not hold up the thousand sound ones of its batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import msgspec

from decider.core.security_event import STREAM_FIELD, SecurityEvent

ENTRY_LIMIT_BYTES = 65_536  # an event has about 1 KB, 8 KB with every text at its limit
LATEST_MOMENT = 4_102_444_800.0  # the year 2100: later times are broken clocks or forged
LARGEST_INTEGER = 2**63 - 1  # BSON's widest

_MOMENTS = ("ts", "until")
_INTEGERS = tuple(field.name for field in fields(SecurityEvent) if field.type == "int")
# checks types, that numbers are finite and that text is what UTF-8 can carry; what a newer version
# added is ignored
_DECODER = msgspec.json.Decoder(SecurityEvent)


def event_of_entry(entry: Mapping[bytes, bytes]) -> SecurityEvent:
    """The event of one entry's fields. Raises ValueError naming what is wrong."""
    text = entry.get(STREAM_FIELD.encode())
    if text is None:
        raise ValueError(f"no field {STREAM_FIELD!r}")
    if len(text) > ENTRY_LIMIT_BYTES:
        raise ValueError(f"{len(text)} bytes, more than {ENTRY_LIMIT_BYTES}")
    try:
        event = _DECODER.decode(text)
    except msgspec.MsgspecError as error:
        raise ValueError(f"no security event: {error}") from error
    except RecursionError as error:
        raise ValueError("nested without end") from error
    for name in _MOMENTS:
        if not 0.0 <= getattr(event, name) <= LATEST_MOMENT:
            raise ValueError(f"{name} is no time")
    for name in _INTEGERS:
        if abs(getattr(event, name)) > LARGEST_INTEGER:
            raise ValueError(f"{name} is more than an integer holds")
    return event
