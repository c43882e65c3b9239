"""A line that is known counts as what it would say if it were read."""

from __future__ import annotations

import json

import pytest

from decider.core.access_line import AccessLine, parse_access_line
from decider.recorder.line_memory import LONGEST_BYTES, MOST_LINES, LineMemory

BLOCK = {
    "time": "1763888711.204",
    "request_id": "0" * 32,
    "address": "203.0.113.7",
    "method": "GET",
    "host": "shop.example",
    "uri": "/checkout",
    "status": "403",
    "verdict": "block",
    "reasons": "ban=1.00",
    "deny_cache": "HIT",
    "user_agent": "bot/1",
}


def datagram(**values: str) -> bytes:
    text = json.dumps(BLOCK | values, separators=(",", ":"))
    return f"<190>Nov 23 09:05:11 decider: {text}".encode()


def taken(memory: LineMemory) -> list[tuple[AccessLine, int]]:
    """The lines that came again, each with how often."""
    again = memory.take_again()
    counts = [(known.line, known.times) for known in again]
    for known in again:
        known.times = 0
    return counts


def add(memory: LineMemory, raw: bytes) -> list[tuple[AccessLine | None, int]]:
    """What one line counts as."""
    return [*taken(memory)] if memory.counts_again(raw) else [(memory.read(raw), 1)]


@pytest.mark.parametrize(
    "values",
    [
        {"time": "1763888799.000", "request_id": "f" * 32},
        {"address": "203.0.113.8"},
        {"uri": "/other"},
        {"user_agent": "bot/2"},
        {"deny_cache": "MISS"},
        {"verdict": "allow", "deny_cache": ""},
        {"uri": '/"address":"198.51.100.1"'},
        {"user_agent": '"deny_cache":"HIT"', "deny_cache": "MISS"},
        {"uri": "/" + "x" * LONGEST_BYTES},
    ],
)
def test_every_line_counts_as_what_it_says(values: dict[str, str]) -> None:
    memory = LineMemory()
    memory.read(datagram())
    for _ in range(3):
        counted = add(memory, datagram(**values))
        assert counted == [(parse_access_line(datagram(**values)), 1)]


def test_a_block_that_comes_again_is_counted_and_not_read() -> None:
    memory = LineMemory()
    first = memory.read(datagram())
    assert not memory.counts_again(datagram(uri="/other"))
    for number in range(5):
        assert memory.counts_again(datagram(time=f"1763888799.00{number}", request_id="f" * 32))
    assert taken(memory) == [(first, 5)]
    assert taken(memory) == []
    assert memory.counts_again(datagram())
    assert taken(memory) == [(first, 1)]


@pytest.mark.parametrize(
    "values", [{"uri": "/" + "x" * LONGEST_BYTES}, {"deny_cache": "MISS"}, {"verdict": "allow"}]
)
def test_a_long_line_and_one_that_is_no_cached_deny_are_never_known(values: dict[str, str]) -> None:
    memory = LineMemory()
    memory.read(datagram(**values))
    assert not memory.counts_again(datagram(**values))


def test_what_it_keeps_is_bounded_and_nothing_counted_is_lost() -> None:
    memory = LineMemory()
    first, *_ = (memory.read(datagram(uri=f"/{number}")) for number in range(MOST_LINES))
    assert memory.counts_again(datagram(uri="/0"))
    memory.read(datagram(uri="/last"))
    assert not memory.counts_again(datagram(uri="/0"))
    assert memory.counts_again(datagram(uri="/last"))
    assert taken(memory)[0] == (first, 1)


@pytest.mark.parametrize("raw", [b"", b"{", b'"address":"203.0.113.7","deny_cache":"HIT"', b"\xff" * 90])
def test_what_is_no_line_stays_none(raw: bytes) -> None:
    memory = LineMemory()
    assert memory.read(raw) is None
    assert not memory.counts_again(raw)
