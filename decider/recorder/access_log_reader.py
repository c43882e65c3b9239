"""Reads access lines as they arrive and counts each in the second of its arrival.

A thread of its own, so that a slow MongoDB or a large batch of events never lets the socket's buffer run
full; what it reads it counts at once, and keeps nothing but sums. In a flood it reads many lines at a time:
woken for each of them, the machine would be busier with that than with answering.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import time

from decider.core.access_line import AccessLine
from decider.core.traffic_second import TrafficFold, TrafficSecond
from decider.recorder.access_socket import close_access_socket
from decider.recorder.line_memory import LineMemory
from decider.recorder.log_line import log_line

LOG = logging.getLogger("decider.recorder")

LONGEST_DATAGRAM_BYTES = 262_144  # Nginx's longest header lines, escaped; UDP carries 65,507
REFRESH_SECONDS = 10  # a replaced GeoIP file is noticed that soon
FLOOD_LINES = 200  # in one second: the lines after them are not worth waking for one by one
PAUSE_SECONDS = 0.02  # at 50,000 lines/s a thousand wait, and the kernel has room for ten thousand
STOP_SECONDS = 1.0  # several times the socket's own wake-up


@dataclass(frozen=True, slots=True)
class LineContext:
    """What a line does not say itself: ISO-2 country of an address, route name of (method, target)."""

    country_of: Callable[[str], str]
    route_of: Callable[[str, str], str]
    refresh: Callable[[], None]


class AccessLogReader:
    """``lines`` and ``malformed`` count since the start; ``on_line`` is told every line, in the thread.

    A cached deny that came several times is told once, with how often.
    """

    def __init__(self, bound: socket.socket, context: LineContext, clock: Callable[[], float] = time) -> None:
        self._socket = bound
        self._context = context
        self._clock = clock
        self._fold = TrafficFold(int(clock()) + 1)
        self._lock = threading.Lock()
        self._memory = LineMemory()
        # a unix socket holds ten lines, and nobody counts what does not fit
        self._may_pause = bound.family != socket.AF_UNIX
        self._stopping = threading.Event()
        self._reading = threading.Thread(target=self._read, name="access-log", daemon=True)
        self.on_line: Callable[[AccessLine, int], None] = lambda _line, _times: None
        self.lines = 0
        self.malformed = 0

    def start(self) -> None:
        """Begin to read."""
        self._reading.start()

    def stop(self) -> None:
        """Stop reading; takes up to a wake-up of the socket."""
        self._stopping.set()
        self._reading.join(STOP_SECONDS)
        close_access_socket(self._socket)

    @property
    def open_second(self) -> int:
        """The second in which lines count now: just after the start, one that has not begun."""
        return self._fold.open_second

    def add_harm(self) -> None:
        """Count a blocked request that was likely a good client's, in the second that is open."""
        with self._lock:
            self._fold.add_harm(self._fold.open_second)

    def take_before(self, second: int) -> list[tuple[int, TrafficSecond]]:
        """The seconds before this one, each once."""
        with self._lock:
            return self._fold.close_before(second)

    def _read(self) -> None:
        buffer = bytearray(LONGEST_DATAGRAM_BYTES)
        view = memoryview(buffer)
        refresh_at = 0
        flags, counted_second, counted = 0, 0, 0
        while not self._stopping.is_set():
            try:
                size = self._socket.recv_into(buffer, 0, flags)
            except BlockingIOError:
                size = 0
            except OSError as error:
                LOG.error(log_line("access_log_socket_failed", error=error))
                return
            second = int(self._clock())
            if second != counted_second:  # a flood may leave no other moment to count its repeated lines
                self._count_again(counted_second)
                counted_second, counted = second, 0
            if size:
                self._count(bytes(view[:size]), second)
                counted += 1
                flags = socket.MSG_DONTWAIT
            elif flags:  # all that waited is read
                flags = 0
                self._count_again(second)
                if counted >= FLOOD_LINES and self._may_pause:
                    self._stopping.wait(PAUSE_SECONDS)
            if second >= refresh_at:
                self._context.refresh()
                self._memory.forget_places()
                refresh_at = second + REFRESH_SECONDS
        self._count_again(counted_second)

    def _count_again(self, second: int) -> None:
        again = self._memory.take_again()
        if not again:
            return
        try:
            with self._lock:
                for known in again:
                    if known.placed is None:
                        known.placed = self._placed(known.line)
                    self._fold.add(second, known.line, *known.placed, known.times)
            for known in again:
                self.on_line(known.line, known.times)
        except Exception as error:  # noqa: BLE001  the outermost loop, as below
            LOG.error(log_line("access_line_error", error=repr(error), lines=len(again)))
        for known in again:
            known.times = 0

    def _count(self, datagram: bytes, second: int) -> None:
        self.lines += 1
        try:
            if self._memory.counts_again(datagram):
                return
            line = self._memory.read(datagram)
            if line is not None:
                self._add(second, line)
                return
        except Exception as error:  # noqa: BLE001  the outermost loop: one line must not stop the reading
            LOG.error(log_line("access_line_error", error=repr(error), line=datagram[:100]))
        self.malformed += 1
        with self._lock:
            self._fold.add_malformed(second)

    def _add(self, second: int, line: AccessLine) -> None:
        country, route = self._placed(line)
        with self._lock:
            self._fold.add(second, line, country, route)
        self.on_line(line, 1)

    def _placed(self, line: AccessLine) -> tuple[str, str]:
        return self._context.country_of(line.address), self._context.route_of(line.method, line.target)
