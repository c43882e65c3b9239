"""Stream ids as positions: ``1763888711204-10`` comes after ``1763888711204-9``, which text would deny."""

from __future__ import annotations

MILLISECOND_DIGITS = 15  # until the year 33658
SEQUENCE_DIGITS = 20  # a sequence is an unsigned 64-bit number


def sortable(stream_id: str) -> str:
    """The id with leading zeros, so that databases compare it as text in stream order."""
    milliseconds, _, sequence = stream_id.partition("-")
    return f"{milliseconds:0>{MILLISECOND_DIGITS}}-{sequence:0>{SEQUENCE_DIGITS}}"


def epoch_seconds(stream_id: str) -> float:
    """When the entry was added, by Redis's clock."""
    return int(stream_id.partition("-")[0]) / 1000
