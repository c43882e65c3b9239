"""Nginx's headers -> RequestFacts. The only reading of the subrequest; one header name for each fact.

Two ways lead to the same facts: from headers that a parser has split (``read_facts``), and from the bytes of
a question in the form of the shipped ``decision.conf`` (``read_question``). There everything behind the first
three headers is the same for all requests of one browser for one page: it is read once and remembered.

Header values are bytes that an attacker chose: they are decoded without failing and cut to a length, and
only ``X-Real-IP``, which Nginx itself writes, can make the subrequest malformed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

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

QUESTION_START = b"GET /v1/decide HTTP/1.1\r\nHost: "
ADDRESS_START, REQUEST_ID_START = b"X-Real-IP: ", b"X-Request-ID: "  # second and third of decision.conf
LINE_END, HEADERS_END = b"\r\n", b"\r\n\r\n"
CACHED_REMAINDERS = 2_048  # some 3 MB; as many different pages and browsers as a busy site sees in seconds
LONGEST_CACHED_BYTES = 2_048  # what a browser sends for a page fits; a flood of longer ones takes no memory
# they say something of the connection, announce a body, or stand where they do not belong: for a parser
NOT_USUAL = frozenset(
    {b"connection", b"content-length", b"expect", b"host", b"transfer-encoding", b"upgrade"}
    | {b"x-real-ip", b"x-request-id"}
)


class Question(NamedTuple):
    """A subrequest in the usual form: the first headers as bytes, those behind them as fields of facts."""

    address: bytes
    request_id: bytes
    told: tuple[str, ...]


def read_question(data: bytes) -> Question | None:
    """What these bytes ask, if they are one whole question in the usual form and nothing else."""
    if not data.startswith(QUESTION_START):
        return None
    parts = data.split(LINE_END, 4)  # request line, host, address, request id, remainder
    if len(parts) < 5 or not (parts[2].startswith(ADDRESS_START) and parts[3].startswith(REQUEST_ID_START)):
        return None
    remainder = parts[4]
    told = _told(remainder) if len(remainder) <= LONGEST_CACHED_BYTES else _read_remainder(remainder)
    if told is None:
        return None
    return Question(parts[2][len(ADDRESS_START) :], parts[3][len(REQUEST_ID_START) :], told)


def facts_of(question: Question) -> RequestFacts:
    """The facts of a question. Raises MalformedRequest("address")."""
    client = client_key(question.address.strip().decode("latin-1"))
    request_id = question.request_id[:ID_LIMIT_BYTES].decode("utf-8", "replace")
    return RequestFacts._make((client, request_id, *question.told))


def _read_remainder(remainder: bytes) -> tuple[str, ...] | None:
    """The facts behind the request id; None where this is no usual end of a question."""
    end = len(remainder) - len(HEADERS_END)
    if remainder.find(HEADERS_END) != end:
        return None
    told = list(NOTHING_TOLD)
    for line in remainder[:end].split(LINE_END):
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or name in NOT_USUAL:
            return None
        if name in PLACES:
            place, limit_bytes = PLACES[name]
            told[place] = value.strip(b" \t")[:limit_bytes].decode("utf-8", "replace")
    return tuple(told[1:])  # without the request id


_told = lru_cache(maxsize=CACHED_REMAINDERS)(_read_remainder)


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
