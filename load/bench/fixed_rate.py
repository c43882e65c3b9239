"""Latency at a fixed rate: a request is due when it is due, however long the ones before take.

wrk waits for an answer before it sends the next request, so a server that stalls is asked less and looks
better than it is (coordinated omission). Here every latency counts from the moment at which the request
should have been sent. One thread a connection, because a sleeping thread wakes within 0.1 ms while an
event loop's timers count whole milliseconds; several processes, because threads of one wait for its lock.
What this client costs is in both sides of a difference.
"""

from __future__ import annotations

import gc
import signal
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from types import TracebackType

from load.bench.clients import Clients

PROCESSES = 4  # one alone is 10 ms late at 5,000 requests/s: its threads wait for each other
CONNECTIONS = 8  # of each process: at 5,000 requests/s each has 6 ms for an answer before the next is late
WARM_UP_SECONDS = 1.0
START_SECONDS = 0.2  # until every process has its plan
TIMEOUT_SECONDS = 5.0
REACHED = 0.98  # of the rate: below it what is measured is a queue that only grows
LEAST_FOR_P999 = 1_000  # answers; of fewer the slowest is no 99.9th percentile
_END_OF_HEADERS = b"\r\n\r\n"
_STATUS = slice(9, 12)  # after "HTTP/1.1 "


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds over one run; ``answers`` is how many they stand for; ``errors`` had another status.

    ``rate`` is what was reached, in answers a second, the errors left out.
    """

    p50_ms: float
    p99_ms: float
    p999_ms: float
    answers: int
    errors: int
    rate: float


@dataclass(frozen=True, slots=True)
class Load:
    """``rate`` requests a second for ``seconds`` to 127.0.0.1, evenly spaced, from ``clients`` in turn."""

    port: int
    rate: int
    seconds: float
    clients: Clients
    warm_up_seconds: float = WARM_UP_SECONDS


@dataclass(frozen=True, slots=True)
class Answer:
    """When it came and how late, in seconds (monotonic clock), and its status."""

    at: float
    late: float
    status: bytes


class BrokenConnection(RuntimeError):
    """A server closed a connection, or did not answer in time."""


class Senders:
    """Processes that send at a fixed rate; they stay until the block ends, for the next load."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(PROCESSES, get_context("spawn"), _leave_signals_to_parent)

    def __enter__(self) -> Senders:
        list(self._pool.map(time.sleep, [0.1] * PROCESSES))  # every one is started, none while it measures
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def measure(self, load: Load, expected: int = 200) -> Latency:
        """Raises BrokenConnection: a latency of no answer would be a lie."""
        start = time.perf_counter() + START_SECONDS
        jobs = [self._pool.submit(_one_process, load, start, number) for number in range(PROCESSES)]
        try:
            answers = [answer for job in jobs for answer in job.result()]
        except (OSError, BrokenProcessPool) as error:
            raise BrokenConnection(f"the server on port {load.port} broke a connection: {error}") from error
        return summed_up(answers, load, start + load.warm_up_seconds, str(expected).encode())


def summed_up(answers: Sequence[Answer], load: Load, start: float, expected: bytes) -> Latency:
    """Percentiles of the answers to what was due from ``start`` on. Raises ValueError for none."""
    late = sorted(answer.late for answer in answers)
    last = max((answer.at for answer in answers), default=start)
    # on time, the last answer comes one interval before the end at the latest
    took = max(last - start, load.seconds - 1 / load.rate) + 1 / load.rate
    errors = sum(answer.status != expected for answer in answers)
    return Latency(
        p50_ms=percentile(late, 0.50) * 1000,
        p99_ms=percentile(late, 0.99) * 1000,
        p999_ms=percentile(late, 0.999) * 1000,
        answers=len(late),
        errors=errors,
        rate=(len(late) - errors) / took,
    )


def percentile(sorted_values: list[float], share: float) -> float:
    """Nearest rank; ``share`` 0..1. Raises ValueError for no values."""
    if not sorted_values:
        raise ValueError("no answer came back: nothing to take a percentile of")
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def _leave_signals_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent tells of it


def _one_process(load: Load, start: float, process: int) -> list[Answer]:
    total = round(load.rate * (load.seconds + load.warm_up_seconds))
    step = PROCESSES * CONNECTIONS

    def one_connection(first: int) -> list[Answer]:
        due = [(number, start + number / load.rate) for number in range(first, total, step)]
        return _one_connection(load, due, start + load.warm_up_seconds)

    gc.disable()  # a collection in the client would be measured as the server's
    try:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            firsts = range(process, step, PROCESSES)
            return [answer for answers in pool.map(one_connection, firsts) for answer in answers]
    finally:
        gc.enable()


def _one_connection(load: Load, plan: list[tuple[int, float]], warm: float) -> list[Answer]:
    """The answers to what is due from ``warm`` on; ``plan`` is (client number, due)."""
    answers: list[Answer] = []
    with socket.create_connection(("127.0.0.1", load.port), timeout=TIMEOUT_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number, due in plan:
            request = _request(load.clients.address(number % load.clients.count))
            wait = due - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            connection.sendall(request)
            status = _read_answer(connection)
            if due >= warm:
                now = time.perf_counter()
                answers.append(Answer(now, now - due, status))
    return answers


def _request(address: str) -> bytes:
    return (
        "GET /bench HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
        f"Accept: */*\r\nX-Forwarded-For: {address}\r\n\r\n"
    ).encode()


def _read_answer(connection: socket.socket) -> bytes:
    data = b""
    while True:
        chunk = connection.recv(65_536)
        if not chunk:
            raise ConnectionResetError("closed before the answer was complete")
        data += chunk
        head, end, body = data.partition(_END_OF_HEADERS)
        if end and len(body) >= _content_length(head):
            return head[_STATUS]


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0
