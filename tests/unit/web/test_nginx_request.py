"""Two ways to read a question, one result; and what is no usual question is left to the parser."""

import re
from pathlib import Path

import httptools
import pytest

from decider.core.errors import MalformedRequest
from decider.core.request_facts import RequestFacts
from decider.web.nginx_request import facts_of, read_facts, read_question

START = b"GET /v1/decide HTTP/1.1\r\nHost: decider\r\n"
WHO = b"X-Real-IP: 198.51.100.1\r\nX-Request-ID: 8f14e45fceea167a5a36dedd4bea2543\r\n"
BROWSER = (
    b"X-Original-Method: GET\r\nX-Original-URI: /shoes?size=43\r\nX-Original-Host: shop.example\r\n"
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0\r\n"
    b"Referer: https://shop.example/\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\n"
    b"Accept-Encoding: gzip\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n"
)
USUAL = START + WHO + BROWSER + b"\r\n"


def parsed(data: bytes) -> RequestFacts:
    """What the parser's way makes of it."""

    class Headers(list[tuple[bytes, bytes]]):
        def on_header(self, name: bytes, value: bytes) -> None:
            self.append((name.lower(), value))

    headers = Headers()
    parser = httptools.HttpRequestParser(headers)
    parser.set_dangerous_leniencies(lenient_headers=True)
    parser.feed_data(data)
    return read_facts(headers)


@pytest.mark.parametrize(
    "behind",
    [
        BROWSER,
        b"X-Original-URI: /%ff\xff\x01\r\n",
        b"X-Original-URI: /" + b"a" * 60_000 + b"\r\n",
        b"User-Agent:   " + b"x" * 3_000 + b" \t \r\n",
        b"user-agent: lower\r\nX-DECIDER-SESSION: abc\r\nX-Decider-Api-Key: k\r\nX-TLS-Fingerprint: t13d\r\n",
        b"Referer:\r\nX-Unheard-Of: 1\r\nReferer: last\r\n",
        b"User-Agent: a: b:c\r\n",
    ],
)
def test_both_ways_read_the_same(behind: bytes) -> None:
    data = START + WHO + behind + b"\r\n"
    question = read_question(data)
    assert question is not None
    assert facts_of(question) == parsed(data)


@pytest.mark.parametrize(
    ("why", "data"),
    [
        ("not whole", USUAL[:-2]),
        ("not whole, ends in a line", START + WHO),
        ("nothing", b""),
        ("more than one", USUAL + USUAL),
        ("with a body behind it", USUAL + b"body"),
        ("other path", USUAL.replace(b"/v1/decide", b"/healthz")),
        ("other method", USUAL.replace(b"GET /v1", b"POST /v1")),
        ("other version", USUAL.replace(b"HTTP/1.1", b"HTTP/1.0")),
        ("other order", START + BROWSER + WHO + b"\r\n"),
        ("no host", USUAL.replace(b"Host: decider\r\n", b"")),
        ("closes", START + WHO + b"Connection: close\r\n\r\n"),
        ("announces a body", START + WHO + b"Content-Length: 5\r\n\r\n"),
        ("announces chunks", START + WHO + b"transfer-encoding: chunked\r\n\r\n"),
        ("asks for leave", START + WHO + b"Expect: 100-continue\r\n\r\n"),
        ("two addresses", START + WHO + b"X-Real-IP: 203.0.113.9\r\n\r\n"),
        ("tells nothing", START + WHO + b"\r\n"),
        ("no header", START + WHO + b"what is this\r\n\r\n"),
    ],
)
def test_what_is_not_one_whole_usual_question_is_left_to_the_parser(why: str, data: bytes) -> None:
    assert read_question(data) is None, why


def test_an_address_that_is_none_is_malformed_both_ways() -> None:
    data = USUAL.replace(b"198.51.100.1", b"shop.example")
    question = read_question(data)
    assert question is not None
    with pytest.raises(MalformedRequest):
        facts_of(question)
    with pytest.raises(MalformedRequest):
        parsed(data)


def test_the_shipped_nginx_file_asks_in_the_usual_form() -> None:
    """Else every question would take the slow way, and nothing but the benchmark would tell."""
    file = Path(__file__).parents[3] / "nginx" / "decider" / "decision.conf"
    names = re.findall(
        r"^proxy_set_header (\S+) +(?!\"\")\S+;", file.read_text(encoding="utf-8"), re.MULTILINE
    )
    values = {"X-Real-IP": "198.51.100.1"}
    lines = [f"{name}: {values.get(name, 'x')}\r\n" for name in names]
    question = read_question(("GET /v1/decide HTTP/1.1\r\n" + "".join(lines) + "\r\n").encode())
    assert question is not None
    assert facts_of(question).user_agent == "x"
