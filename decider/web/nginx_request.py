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

FIELD_OF_HEADER = {
    b"x-request-id": ("request_id", ID_LIMIT_BYTES),
    b"x-original-method": ("method", ID_LIMIT_BYTES),
    b"x-original-uri": ("target", TARGET_LIMIT_BYTES),
    b"x-original-host": ("host", TEXT_LIMIT_BYTES),
    b"user-agent": ("user_agent", TEXT_LIMIT_BYTES),
    b"referer": ("referer", TEXT_LIMIT_BYTES),
    b"accept": ("accept", TEXT_LIMIT_BYTES),
    b"accept-language": ("accept_language", TEXT_LIMIT_BYTES),
    b"accept-encoding": ("accept_encoding", TEXT_LIMIT_BYTES),
    b"sec-fetch-dest": ("fetch_destination", ID_LIMIT_BYTES),
    b"sec-fetch-mode": ("fetch_mode", ID_LIMIT_BYTES),
    b"x-decider-session": ("session", TEXT_LIMIT_BYTES),
    b"x-decider-api-key": ("api_key", TEXT_LIMIT_BYTES),
    b"x-tls-fingerprint": ("tls_fingerprint", ID_LIMIT_BYTES),
}
_FIELDS = RequestFacts._fields[1:]  # all but the client
NOTHING_TOLD = tuple(RequestFacts._field_defaults[field] for field in _FIELDS)
PLACES = {name: (_FIELDS.index(field), limit) for name, (field, limit) in FIELD_OF_HEADER.items()}


def read_facts(headers: Iterable[tuple[bytes, bytes]]) -> RequestFacts:
    """The facts of one subrequest from its raw ASGI headers (names in lower case).

    Raises MalformedRequest("no-address" | "address").
    """
    address, told = b"", list(NOTHING_TOLD)
    for name, value in headers:
        if name in PLACES:
            place, limit_bytes = PLACES[name]
            told[place] = value[:limit_bytes].decode("utf-8", "replace")
        elif name == b"x-real-ip":
            address = value
    if not address:
        raise MalformedRequest("no-address")
    return RequestFacts(client_key(address.decode("latin-1")), *told)
