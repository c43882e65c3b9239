"""What comes over one connection: whole questions, pieces, several at once, and what is no question."""

import re
import socket
from collections.abc import Sequence
from itertools import count

import pytest

from tests.system.decider.conftest import RunningDecider

IDS = count(1)
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: decider\r\n\r\n"
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def question(address: str, target: str = "/", extra: str = "") -> bytes:
    """As Nginx writes it: the fields in the order of decision.conf."""
    return (
        f"GET /v1/decide HTTP/1.1\r\nHost: decider\r\n"
        f"X-Real-IP: {address}\r\nX-Request-ID: wire-{next(IDS)}\r\n"
        f"X-Original-Method: GET\r\nX-Original-URI: {target}\r\nX-Original-Host: shop.example\r\n"
        f"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0\r\n"
        f"Accept: text/html\r\nAccept-Language: en\r\nAccept-Encoding: gzip\r\n{extra}\r\n"
    ).encode()


def visitor(number: int) -> str:
    """Of a /24 of its own: many from one would be an attack."""
    return f"{20 + number % 180}.{number // 180 % 250}.7.1"


def statuses(decider: RunningDecider, pieces: Sequence[bytes], replies: int) -> list[int]:
    """Send the pieces one after the other, and read so many replies from the same connection."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10.0)
        connection.connect(str(decider.socket_path))
        for piece in pieces:
            connection.sendall(piece)
        said = b""
        while len(STATUS.findall(said)) < replies:
            more = connection.recv(65_536)
            assert more, f"the connection ended after {said!r}"
            said += more
    return [int(status) for status in STATUS.findall(said)]


def ban(decider: RunningDecider, address: str) -> None:
    assert 403 in statuses(decider, [question(address, "/checkout") for _ in range(60)], 60)


def test_one_connection_answers_one_question_after_the_other(decider: RunningDecider) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10.0)
        connection.connect(str(decider.socket_path))
        for number in range(200):
            connection.sendall(question(visitor(number)))
            assert connection.recv(65_536).startswith(b"HTTP/1.1 204 ")


def test_questions_sent_at_once_are_answered_in_their_order(decider: RunningDecider) -> None:
    ban(decider, "203.0.113.71")
    asked = ["203.0.113.71" if number % 3 == 0 else visitor(number) for number in range(2_000)]
    expected = [403 if address == "203.0.113.71" else 204 for address in asked]
    assert statuses(decider, [b"".join(map(question, asked))], len(asked)) == expected


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_question_in_pieces_is_answered_once_it_is_whole(decider: RunningDecider, size: int) -> None:
    ban(decider, "203.0.113.72")
    whole = question("203.0.113.72") + question(visitor(3001))
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert statuses(decider, pieces, 2) == [403, 204]


def test_questions_and_other_requests_share_a_connection(decider: RunningDecider) -> None:
    for order in ((question(visitor(3002)), HEALTH), (HEALTH, question(visitor(3002)))):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10.0)
            connection.connect(str(decider.socket_path))
            for asked in order * 3:
                connection.sendall(asked)
                said = b""
                while not STATUS.search(said):  # a body may still be on its way when the next is asked
                    more = connection.recv(65_536)
                    assert more, "the connection ended"
                    said += more
                assert STATUS.findall(said) == [b"200" if asked is HEALTH else b"204"]


def test_a_connection_that_is_to_close_closes_after_the_answer(decider: RunningDecider) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10.0)
        connection.connect(str(decider.socket_path))
        connection.sendall(question(visitor(3003), extra="Connection: close\r\n"))
        said = b""
        while more := connection.recv(65_536):
            said += more
    assert STATUS.findall(said) == [b"204"]


@pytest.mark.parametrize(
    "address", ["shop.example", "", "1.2.3.4.5", "198.51.100.1, 203.0.113.9", "\x01", "9" * 300]
)
def test_an_address_that_is_none_is_answered_by_the_policy(decider: RunningDecider, address: str) -> None:
    assert statuses(decider, [question(address), question(visitor(3004))], 2) == [204, 204]
