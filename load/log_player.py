"""Sends logged requests to the gateway: in order for each client, at the log's pace."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Sequence
from http.client import HTTPException, HTTPResponse
from time import monotonic
from urllib.parse import urlsplit

import gevent
from gevent.queue import Queue

from decider.replay.logged_request import LoggedRequest
from load.ledger import Ledger
from load.log_slice import due_seconds, request_bytes

ANSWER_SECONDS = 10.0  # the gateway answers within its own time limits; more means that it hangs
PROGRESS_SECONDS = 1.0
LATE_SECONDS = 1.0  # a request that leaves later than that after it was due is late
KIND = "log"


class LogPlayer:
    """``ledger`` has an account for each client, ``statuses`` counts the answers (0: none came)."""

    def __init__(self, gateway: str, host: str, connections: int) -> None:
        parts = urlsplit(gateway)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._host = host
        self._queues: list[Queue[tuple[LoggedRequest, float] | None]] = [Queue() for _ in range(connections)]
        self.ledger = Ledger()
        self.statuses: Counter[int] = Counter()
        self.late = 0
        self.sent = 0

    def play(self, requests: Sequence[LoggedRequest], speed: float, progress: Callable[[int], None]) -> float:
        """Play all; returns how many seconds it took. KeyboardInterrupt ends it after what is under way."""
        started = monotonic()
        workers = [gevent.spawn(self._work, queue) for queue in self._queues]
        shown = started
        try:
            for request in requests:
                due = started + due_seconds(request, requests[0], speed)
                gevent.sleep(max(0.0, due - monotonic()))
                self._queues[hash(request.address) % len(self._queues)].put((request, due))
                if monotonic() - shown >= PROGRESS_SECONDS:
                    shown = monotonic()
                    progress(self.sent)
        except KeyboardInterrupt:
            pass
        for queue in self._queues:
            queue.put(None)
        while any(not worker.ready() for worker in workers):
            gevent.joinall(workers, timeout=PROGRESS_SECONDS)
            progress(self.sent)
        return monotonic() - started

    def _work(self, queue: Queue[tuple[LoggedRequest, float] | None]) -> None:
        connection: socket.socket | None = None
        while (item := queue.get()) is not None:
            request, due = item
            sent = monotonic()
            self.late += sent - due > LATE_SECONDS
            status, connection = self._ask(request, connection)
            if status == 0:  # a kept connection may have been closed meanwhile: once more on a new one
                status, connection = self._ask(request, None)
            self.sent += 1
            self.statuses[status] += 1
            self.ledger.account(KIND, request.address).note(status, sent)
        if connection is not None:
            connection.close()

    def _ask(
        self, request: LoggedRequest, connection: socket.socket | None
    ) -> tuple[int, socket.socket | None]:
        try:
            if connection is None:
                connection = socket.create_connection(self._address, timeout=ANSWER_SECONDS)
            connection.sendall(request_bytes(request, self._host))
            answer = HTTPResponse(connection, method=request.method)
            answer.begin()
            answer.read()
        except (OSError, HTTPException, ValueError):
            if connection is not None:
                connection.close()
            return 0, None
        if answer.will_close:
            connection.close()
            return answer.status, None
        return answer.status, connection
