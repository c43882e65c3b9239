"""Latency at a fixed rate: a request is due when it is due, however long the ones before take.

wrk waits for an answer before it sends the next request, so a server that stalls is asked less and looks
better than it is (coordinated omission). Here every latency counts from the moment at which the request
should have been sent. One thread a connection, because a sleeping thread wakes within 0.1 ms while an
event loop's timers count whole milliseconds. What this client costs is in both sides of a difference.
"""

from __future__ import annotations

import gc
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from load.bench.clients import Clients

CONNECTIONS = 16  # at 500 requests/s each has 32 ms for an answer before the next is late
WARM_UP_SECONDS = 1.0
TIMEOUT_SECONDS = 5.0
_END_OF_HEADERS = b"\r\n\r\n"
_STATUS = slice(9, 12)  # after "HTTP/1.1 "


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds over one run; ``answers`` is how many they stand for, ``errors`` how many were not 200."""

    p50_ms: float
    p99_ms: float
    p999_ms: float
    answers: int
    errors: int


def measure_latency(port: int, rate: int, seconds: int, clients: Clients) -> Latency:
    """Send ``rate`` requests a second to 127.0.0.1, evenly spaced, from ``clients`` in turn.

    Raises RuntimeError when a connection breaks: a latency of no answer would be a lie.
    """
    start = time.perf_counter() + 0.1
    total = int(rate * (seconds + WARM_UP_SECONDS))

    def one_connection(first: int) -> list[tuple[float, bytes]]:
        return _one_connection(
            port, [(n, start + n / rate) for n in range(first, total, CONNECTIONS)], clients
        )

    gc.disable()  # a collection in the client would be measured as the server's
    try:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            answers = [pair for pairs in pool.map(one_connection, range(CONNECTIONS)) for pair in pairs]
    except OSError as error:
        raise RuntimeError(f"the server on port {port} broke a connection: {error}") from error
    finally:
        gc.enable()
    measured = sorted(late for late, _ in answers)
    return Latency(
        p50_ms=percentile(measured, 0.50) * 1000,
        p99_ms=percentile(measured, 0.99) * 1000,
        p999_ms=percentile(measured, 0.999) * 1000,
        answers=len(measured),
        errors=sum(status != b"200" for _, status in answers),
    )


def percentile(sorted_values: list[float], share: float) -> float:
    """Nearest rank; ``share`` 0..1. Raises ValueError for no values."""
    if not sorted_values:
        raise ValueError("no answer came back: nothing to take a percentile of")
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def _one_connection(port: int, plan: list[tuple[int, float]], clients: Clients) -> list[tuple[float, bytes]]:
    """Seconds late and status of each answer after the warm-up; ``plan`` is (client number, due)."""
    answers: list[tuple[float, bytes]] = []
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        warm = plan[0][1] + WARM_UP_SECONDS if plan else 0.0
        for number, due in plan:
            request = _request(clients.address(number % clients.count))
            wait = due - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            connection.sendall(request)
            status = _read_answer(connection)
            if due >= warm:
                answers.append((time.perf_counter() - due, status))
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
