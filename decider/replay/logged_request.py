"""One line of an access log: combined (Apache, Nginx) or JSON (Decider's own, Nginx's usual names)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from re import compile as pattern
from sys import intern
from typing import Any, NamedTuple

from decider.core.agent import NOT_LOGGED

LINE_CHARACTERS = 65_536  # longer lines are no access log

# a line may stand behind a syslog frame ("Jul  8 11:07:07 host nginx[2869]: ") or a virtual host's name
_HEAD = (
    r'"?(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8} \S+ \S+: )?(?:[\w.:-]+ )??'
    r"([0-9a-fA-F]*[.:][0-9a-fA-F.:]+) \S+ [^\[]*\[([^\]]{20,40})\] "
)
_COMBINED = pattern(
    _HEAD + r'"((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-)'
    r'(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?'
)
# quotes that were not escaped: the request ends where the status follows
_CARELESS = pattern(_HEAD + r'"(.*?)" (\d{3}) (\d+|-)(?: "([^"]*)" "(.*?)"{1,2}\s*)?$')
_AGENT_NAMES = ("user_agent", "http_user_agent", "agent")
_METHOD = pattern(r"[A-Z][A-Z_-]{1,19}")
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"})


class LoggedRequest(NamedTuple):
    """``time`` epoch seconds; ``host`` empty where the log does not tell; ``size`` bytes sent."""

    time: float
    address: str
    method: str
    target: str
    status: int
    size: int
    referer: str
    user_agent: str
    host: str = ""
    session: str = ""
    accept_language: str = ""


class NotHttp(Exception):
    """The line is of an access log, but the client sent no HTTP request: Nginx never asks about it."""


def parse_combined(line: str) -> LoggedRequest:
    """Read a line in combined format. Raises ValueError, or NotHttp for a line without a request."""
    match = _COMBINED.match(line) or _CARELESS.match(line[:LINE_CHARACTERS])
    if match is None:
        raise ValueError(line)
    address, when, request, status, size, referer, user_agent = match.groups()
    method, target = _split_request(request)
    return LoggedRequest(
        epoch_of(when),
        intern(address),
        intern(method),
        target,
        int(status),
        0 if size == "-" else int(size),
        _text(referer),
        NOT_LOGGED if user_agent is None else _text(user_agent),
    )


def parse_json(line: str) -> LoggedRequest:
    """Read a JSON line, also one behind a syslog frame. Raises ValueError, NotHttp."""
    start = line.find("{")
    values = json.loads(line[start:]) if start >= 0 else None
    if not isinstance(values, dict):
        raise ValueError(line)

    def of(*names: str) -> str:
        return next((str(values[name]) for name in names if values.get(name) not in (None, "")), "")

    request = of("request")
    method, target = of("method", "request_method"), of("uri", "request_uri")
    if request and not (method and target):
        method, target = _split_request(request)
    if not _METHOD.fullmatch(method) or not target:
        raise NotHttp(line)
    size = of("bytes_sent", "body_bytes_sent", "size").partition(".")[0]
    return LoggedRequest(
        _moment(of("time", "msec", "timestamp", "time_iso8601", "time_local", "ts", "@timestamp")),
        intern(of("address", "remote_addr", "client_ip", "remote_ip", "ClientHost", "client")),
        intern(method),
        target,
        int(of("status", "response_code") or 0),
        int(size) if size.isdigit() else 0,
        _text(of("referer", "http_referer", "referrer")),
        _text(of(*_AGENT_NAMES)) if any(name in values for name in _AGENT_NAMES) else NOT_LOGGED,
        intern(of("host", "http_host", "server_name")),
        of("session"),
        of("accept_language", "http_accept_language"),
    )


def parser_for(name: str) -> Callable[[str], LoggedRequest]:
    """The parser of a format: combined, json, or auto, which looks at each line."""
    return {"combined": parse_combined, "json": parse_json, "auto": _parse_any}[name]


def _parse_any(line: str) -> LoggedRequest:
    head = line[:1]
    return parse_json(line) if head in "{<" and "{" in line else parse_combined(line)


def _split_request(request: str) -> tuple[str, str]:
    method, _, rest = request.partition(" ")
    target, space, protocol = rest.rpartition(" ")
    if not _METHOD.fullmatch(method) or not rest.strip():
        raise NotHttp(request)
    if not space or not protocol.upper().startswith("HTTP/"):
        if method in _KNOWN_METHODS and rest.startswith(("/", "http")):
            return method, _unescaped(rest)  # HTTP/0.9, or spaces in a target
        raise NotHttp(request)
    return method, _unescaped(target.strip() or "/")


def _unescaped(text: str) -> str:
    return text.replace('\\"', '"').replace("\\\\", "\\").replace("\\x22", '"') if "\\" in text else text


def _text(value: str | None) -> str:
    return "" if value in (None, "-", "") else intern(_unescaped(value))


def epoch_of(when: str) -> float:
    """Epoch seconds of ``12/Feb/2024:07:11:21 -0500``. Raises ValueError."""
    seconds = when[18:20]
    return _epoch_of_minute(when[:17], when[20:].strip() or "+0000") + int(seconds)


@lru_cache(maxsize=4096)
def _epoch_of_minute(minute: str, zone: str) -> float:
    return datetime.strptime(f"{minute} {zone}", "%d/%b/%Y:%H:%M %z").timestamp()


def _moment(text: str) -> float:
    if not text:
        raise ValueError("no time")
    if text[0].isdigit() and text.replace(".", "", 1).isdigit():
        number = float(text)
        return number / 1000 if number > 1e11 else number
    if "/" in text:
        return epoch_of(text.strip("[]"))
    return datetime.fromisoformat(text).timestamp()


def moment_fits(value: Any) -> bool:
    """Whether a time is one that a log of the web can have (1990 .. 2100)."""
    return 631_152_000 <= float(value) <= 4_102_444_800
