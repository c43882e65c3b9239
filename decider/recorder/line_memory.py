"""Reads access lines; those of a flood that the deny cache answers are read once and then recognised.

Such lines of one client differ in time and request id only, which stand in front of the address and which
nobody here asks for.
"""

from __future__ import annotations

from decider.core.access_line import AccessLine, parse_access_line

MOST_LINES = 16_384  # as many blocked clients as Nginx keeps; some 20 MB
LONGEST_BYTES = 768  # an ordinary line has 400 to 600; an attacker's long ones would take memory
_SAME_FROM = b'"address":"'
_REPEATED = b'"deny_cache":"HIT"'


class LineMemory:
    """For one reader."""

    def __init__(self) -> None:
        self._lines: dict[bytes, AccessLine] = {}

    def read(self, datagram: bytes) -> AccessLine | None:
        """As parse_access_line."""
        start = datagram.find(_SAME_FROM)
        if start < 0 or _REPEATED not in datagram:
            return parse_access_line(datagram)
        same = datagram[start:]
        line = self._lines.get(same)
        if line is None:
            line = parse_access_line(datagram)
            if line is not None and line.from_deny_cache and len(same) <= LONGEST_BYTES:
                if len(self._lines) >= MOST_LINES:
                    self._lines.clear()
                self._lines[same] = line
        return line
