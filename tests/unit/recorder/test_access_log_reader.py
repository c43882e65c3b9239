"""Lines that are known count in the second and for the country and route that they belong to."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Sequence

from decider.recorder.access_log_reader import REFRESH_SECONDS, AccessLogReader, LineContext

LINE = b"<190>Nov 23 09:05:11 decider: " + json.dumps(
    {
        "address": "203.0.113.7",
        "method": "GET",
        "uri": "/checkout",
        "status": "403",
        "verdict": "block",
        "deny_cache": "HIT",
    },
    separators=(",", ":"),
).encode("ascii")
PATIENCE_SECONDS = 5.0


class Place:
    """Where the address is; it moves each time the files are looked at."""

    def __init__(self) -> None:
        self.looks = 0

    def refresh(self) -> None:
        self.looks += 1

    def country_of(self, _address: str) -> str:
        return f"C{self.looks}"


def read(seconds: Sequence[float]) -> list[tuple[int, dict[str, list[int]]]]:
    """Lines that arrive at these times, each but the first waiting already when the one before is read: what
    each second counted by country (allowed, blocked)."""
    clock, place = iter([seconds[0] - 1, *seconds]), Place()
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nginx:
        for _ in seconds:
            nginx.sendto(LINE, bound.getsockname())
    context = LineContext(place.country_of, lambda _method, _target: "checkout", place.refresh)
    reader = AccessLogReader(bound, context, lambda: next(clock, seconds[-1]))
    told: list[int] = []
    reader.on_line = lambda _line, times: told.append(times)
    reader.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while reader.lines < len(seconds):
        assert time.monotonic() < deadline, reader.lines
        time.sleep(0.001)
    reader.stop()
    assert sum(told) == len(seconds)
    return [(second, traffic.countries) for second, traffic in reader.take_before(int(seconds[-1]) + 1)]


def test_known_lines_count_in_their_second_though_the_flood_never_pauses() -> None:
    assert read([100.0] * 5 + [101.0] * 3) == [(100, {"C0": [0, 1], "C1": [0, 4]}), (101, {"C1": [0, 3]})]


def test_a_known_line_follows_when_countries_and_routes_change() -> None:
    later = 100.0 + REFRESH_SECONDS
    counted = read([100.0, 100.0, later, later])
    assert counted == [(100, {"C0": [0, 1], "C1": [0, 1]}), (int(later), {"C2": [0, 2]})]
