"""A line that is recognised says what it would say if it were read."""

from __future__ import annotations

import json

import pytest

from decider.core.access_line import parse_access_line
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
def test_every_line_is_read_as_it_is(values: dict[str, str]) -> None:
    memory = LineMemory()
    memory.read(datagram())
    for _ in range(2):
        assert memory.read(datagram(**values)) == parse_access_line(datagram(**values))


def test_a_repeated_block_is_recognised() -> None:
    memory = LineMemory()
    first = memory.read(datagram())
    assert first is not None
    assert memory.read(datagram(time="1763888799.000", request_id="f" * 32)) is first


def test_what_it_keeps_is_bounded() -> None:
    memory = LineMemory()
    lines = [memory.read(datagram(uri=f"/{number}")) for number in range(MOST_LINES + 1)]
    assert memory.read(datagram(uri="/0")) is not lines[0]
    assert memory.read(datagram(uri=f"/{MOST_LINES}")) is lines[-1]


@pytest.mark.parametrize("raw", [b"", b"{", b'"address":"203.0.113.7","deny_cache":"HIT"', b"\xff" * 90])
def test_what_is_no_line_stays_none(raw: bytes) -> None:
    assert LineMemory().read(raw) is None
