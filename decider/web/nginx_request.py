"""Nginx's headers -> RequestFacts. The only reading of the subrequest; one header name for each fact.

Header values are bytes that an attacker chose: they are decoded without failing and cut to a length, and
only ``X-Real-IP``, which Nginx itself writes, can make the subrequest malformed.
"""

from __future__ import annotations

from collections.abc import Iterable

from decider.core.client_key import client_key
from decider.core.errors import MalformedRequest
from decider.core.request_facts import RequestFacts

TARGET_LIMIT_BYTES = 8_192  # nginx's own default limit of a request line
TEXT_LIMIT_BYTES = 1_024  # longer user agents and referers identify nobody better
ID_LIMIT_BYTES = 128  # nginx's request id has 32; an edge's own may be longer


def read_facts(headers: Iterable[tuple[bytes, bytes]]) -> RequestFacts:
    """The facts of one subrequest from its raw ASGI headers (names in lower case).

    Raises MalformedRequest("no-address" | "address").
    """
    sent = dict(headers)
    address = sent.get(b"x-real-ip")
    if not address:
        raise MalformedRequest("no-address")
    return RequestFacts(
        client_key(address.decode("latin-1")),
        _text(sent, b"x-request-id", ID_LIMIT_BYTES),
        _text(sent, b"x-original-method", ID_LIMIT_BYTES) or "GET",
        _text(sent, b"x-original-uri", TARGET_LIMIT_BYTES) or "/",
        _text(sent, b"x-original-host"),
        _text(sent, b"user-agent"),
        _text(sent, b"referer"),
        _text(sent, b"accept"),
        _text(sent, b"accept-language"),
        _text(sent, b"accept-encoding"),
        _text(sent, b"sec-fetch-dest", ID_LIMIT_BYTES),
        _text(sent, b"sec-fetch-mode", ID_LIMIT_BYTES),
        _text(sent, b"x-decider-session"),
        _text(sent, b"x-decider-api-key"),
        _text(sent, b"x-tls-fingerprint", ID_LIMIT_BYTES),
    )


def _text(sent: dict[bytes, bytes], name: bytes, limit_bytes: int = TEXT_LIMIT_BYTES) -> str:
    value = sent.get(name)
    return value[:limit_bytes].decode("utf-8", "replace") if value else ""
