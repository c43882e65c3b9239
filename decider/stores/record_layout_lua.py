"""The record's layout and numbers as Lua, written from the core's own: a script cannot disagree with them."""

from __future__ import annotations

from collections.abc import Iterable

from decider.core.client_record import (
    HOUR_MS,
    HOURS_A_DAY,
    INTERVAL_LIMIT_MS,
    MEMORABLE_COUNT,
    MEMORABLE_SLOTS,
    SMOOTHING,
)
from decider.core.record_layout import (
    COUNTER_LIMIT,
    COUNTERS,
    FIXED_LAYOUT,
    MARK_BYTES,
    NOTHING_SEEN,
    RECENT_MARKS,
    WINDOWS,
    Sketch,
    WindowSlots,
)

_FIRST = 16  # index of slot 0 among the unpacked fields, which Lua counts from 1


def layout_constants() -> str:
    """The lines that count_requests.lua needs before it."""
    first_sketch = _FIRST + 2 * COUNTERS
    constants: dict[str, str] = {
        "LAYOUT": f"'{_lua_layout()}'",
        "FIRST": str(_FIRST),
        "FIRST_SKETCH": str(first_sketch),
        "LAST": str(first_sketch + 2 * len(Sketch) - 1),
        "WINDOWS_MS": _table(window.length_ms for window in WINDOWS),
        "WINDOW_FIRST": _table(_FIRST + window.counter_slots[0] for window in WINDOWS),
        "WINDOW_LAST": _table(_FIRST + window.counter_slots[-1] for window in WINDOWS),
        "SKETCHES": str(len(Sketch)),
        "WINDOW_SKETCHES": "{" + ",".join(map(_sketches, WINDOWS)) + "}",
        "MEMORABLE": _table(_FIRST + slot for slot in MEMORABLE_SLOTS),
        "MEMORABLE_COUNT": str(MEMORABLE_COUNT),
        "MARK_BYTES": str(MARK_BYTES),
        "RECENT_MARKS": str(RECENT_MARKS),
        "NOTHING_SEEN": str(NOTHING_SEEN),
        "LIMIT": str(COUNTER_LIMIT),
        "SMOOTHING": repr(SMOOTHING),
        "INTERVAL_LIMIT_MS": str(int(INTERVAL_LIMIT_MS)),
        "HOUR_MS": str(HOUR_MS),
        "HOURS_A_DAY": str(HOURS_A_DAY),
    }
    return "".join(f"local {name} = {value}\n" for name, value in constants.items())


def _lua_layout() -> str:
    """Redis's struct has no repeat counts but for ``c`` (Python's ``s``)."""
    marks = RECENT_MARKS * MARK_BYTES
    head = FIXED_LAYOUT.replace(f"{marks}s", f"c{marks}")
    return head + "H" * (2 * COUNTERS) + "I" * (2 * len(Sketch))


def _sketches(window: WindowSlots) -> str:
    return _table(_FIRST + slot for slot in window.slots if slot not in window.counter_slots)


def _table(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"
