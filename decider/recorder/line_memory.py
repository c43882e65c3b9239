"""Reads access lines; those of a flood that the deny cache answers are read once and from then on counted.

Such lines of one client differ in time and request id only, where the format has them, which stand in front
of the address and which nobody here asks for.
"""

from __future__ import annotations

from decider.core.access_line import AccessLine, parse_access_line

MOST_LINES = 16_384  # as many blocked clients as Nginx keeps; some 20 MB
LONGEST_BYTES = 768  # an ordinary line has 300 to 600; an attacker's long ones would take memory
_SAME_FROM = b'"address":"'
_REPEATED = b'"deny_cache":"HIT"'


class KnownDeny:
    """A line, and how often it has come again since that was last asked.

    ``placed``: its country and route, once somebody has looked them up.
    """

    def __init__(self, line: AccessLine) -> None:
        self.line = line
        self.times = 0
        self.placed: tuple[str, str] | None = None


class LineMemory:
    """For one reader."""

    def __init__(self) -> None:
        self._known: dict[bytes, KnownDeny] = {}
        self._again: list[KnownDeny] = []

    def counts_again(self, datagram: bytes) -> bool:
        """Whether this line is known; then it has been counted, and need not be read."""
        start = datagram.find(_SAME_FROM)
        if start < 0 or _REPEATED not in datagram:
            return False
        known = self._known.get(datagram[start:])
        if known is None:
            return False
        if not known.times:
            self._again.append(known)
        known.times += 1
        return True

    def read(self, datagram: bytes) -> AccessLine | None:
        """As parse_access_line; a cached deny is known from now on."""
        line = parse_access_line(datagram)
        if line is not None and line.from_deny_cache:
            same = datagram[datagram.find(_SAME_FROM) :]
            if len(same) <= LONGEST_BYTES:
                if len(self._known) >= MOST_LINES:
                    self._known.clear()
                self._known[same] = KnownDeny(line)
        return line

    def take_again(self) -> list[KnownDeny]:
        """The known lines that came since the last call; who takes them sets ``times`` back to 0."""
        again, self._again = self._again, []
        return again

    def forget_places(self) -> None:
        """Countries and routes may have changed."""
        for known in self._known.values():
            known.placed = None
