"""Which requests of a log are played, and when each is due."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from decider.replay.logged_request import LoggedRequest

FASTEST = 10_000.0  # a day in nine seconds: beyond that "as fast as possible" is meant
BAD_IN_TARGET = {code: f"%{code:02X}" for code in (*range(33), 127)}  # what would end the request line


@dataclass(frozen=True, slots=True)
class Slice:
    """``start`` and ``end`` are epoch seconds or None, ``limit`` requests or None."""

    start: float | None = None
    end: float | None = None
    limit: int | None = None

    def of(self, requests: Iterable[LoggedRequest]) -> list[LoggedRequest]:
        """The requests inside, in time order."""
        inside = [
            one
            for one in requests
            if (self.start is None or one.time >= self.start) and (self.end is None or one.time < self.end)
        ]
        return inside[: self.limit]


def due_seconds(request: LoggedRequest, first: LoggedRequest, speed: float) -> float:
    """How long after the first request this one is due."""
    return (request.time - first.time) / speed


def request_bytes(request: LoggedRequest, host: str) -> bytes:
    """One HTTP/1.1 request as the client sent it, as far as the log tells; never more than one request.

    A log does not tell the Accept headers, and their absence would speak against every client: all get some.
    """
    target = request.target.translate(BAD_IN_TARGET) or "/"
    headers = {
        "Host": request.host or host,
        "X-Forwarded-For": request.address,
        "User-Agent": request.user_agent,
        "Referer": request.referer,
        "Accept": "*/*",
        "Accept-Language": request.accept_language or "en",
        "Accept-Encoding": "gzip",
    }
    lines = [f"{request.method} {target} HTTP/1.1"]
    lines += [f"{name}: {_one_line(value)}" for name, value in headers.items() if value]
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        lines.append("Content-Length: 0")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")


def moment(text: str) -> float:
    """Epoch seconds of an ISO time; UTC where no zone is given. Raises ArgumentTypeError."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write a time like 2019-10-16T14:53 or 2019-10-16T14:53:00+02:00"
        ) from None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def speed(text: str) -> float:
    """How many times faster than the log. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value <= FASTEST:
        raise argparse.ArgumentTypeError(f"{text!r}: write a number above 0 and up to {FASTEST:g}")
    return value


def said(seconds: float) -> str:
    """A moment as people write it, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _one_line(value: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in value)
