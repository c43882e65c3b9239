"""What nginx asks the decider about a request, whatever the client sent."""

import time
from collections.abc import Callable

import pytest

from tests.system.nginx.running_nginx import RunningNginx, eventually
from tests.system.nginx.scripted_server import Answer, Asked

EVERYTHING = {
    "User-Agent": "Mozilla/5.0",
    "Referer": "https://shop.example/",
    "Accept": "text/html",
    "Accept-Language": "de",
    "Accept-Encoding": "br",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Cookie": "theme=dark; session=s3ss10n",
    "X-Api-Key": "k3y",
}
CLAIMS = {
    "X-Real-IP": "198.51.100.1",
    "X-Request-ID": "claimed",
    "X-Original-URI": "/claimed",
    "X-Original-Method": "CLAIMED",
    "X-Original-Host": "claimed.example",
    "X-Decider-Session": "claimed",
    "X-Decider-Api-Key": "claimed",
    "X-TLS-Fingerprint": "claimed",
    "X-Decider-Guard": "claimed",
    "Authorization": "Bearer claimed",
    "X-Anything": "claimed",
}


def test_the_decider_gets_exactly_the_agreed_headers(gateway: RunningNginx) -> None:
    gateway.ask("/shoes?size=44", "POST", {**EVERYTHING, "Host": "shop.example"}, b"order")
    [asked] = gateway.decider.asked
    assert (asked.method, asked.target, asked.body) == ("GET", "/v1/decide", b"")
    request_id = asked.headers.pop("x-request-id")
    assert len(request_id) == 32
    assert asked.headers == {
        "host": "decider",
        "x-real-ip": "127.0.0.1",
        "x-original-method": "POST",
        "x-original-uri": "/shoes?size=44",
        "x-original-host": "shop.example",
        "user-agent": "Mozilla/5.0",
        "referer": "https://shop.example/",
        "accept": "text/html",
        "accept-language": "de",
        "accept-encoding": "br",
        "sec-fetch-dest": "document",
        "sec-fetch-mode": "navigate",
        "x-decider-session": "s3ss10n",
        "x-decider-api-key": "k3y",
    }


def test_nothing_that_a_client_claims_reaches_the_decider(gateway: RunningNginx) -> None:
    gateway.ask("/", headers=CLAIMS)
    [asked] = gateway.decider.asked
    assert not [name for name, value in asked.headers.items() if "claimed" in value.lower()]
    assert asked.headers["x-real-ip"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("source", "forwarded", "address"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        # the client wrote the first one, our proxy the second
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        # not one of our proxies: may claim what it likes
        ("127.0.0.2", "203.0.113.9", "127.0.0.2"),
    ],
)
def test_the_address_is_forwarded_by_trusted_proxies_only(
    gateway: RunningNginx, source: str, forwarded: str, address: str
) -> None:
    gateway.ask("/", headers={"X-Forwarded-For": forwarded}, source=source)
    assert gateway.decider.asked[0].headers["x-real-ip"] == address


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"])
def test_every_method_is_asked_about_and_passed_on(gateway: RunningNginx, method: str) -> None:
    assert gateway.ask("/", method).status == 200
    assert gateway.decider.asked[0].headers["x-original-method"] == method
    assert gateway.application.asked[0].method == method


def test_a_large_upload_arrives_whole_and_is_asked_about_without_its_body(gateway: RunningNginx) -> None:
    upload = bytes(range(256)) * 80_000  # 20 MB
    assert gateway.ask("/upload", "POST", body=upload).status == 200
    [asked] = gateway.decider.asked
    assert "content-length" not in asked.headers and asked.body == b""
    assert gateway.application.asked[0].body == upload


def test_questions_share_connections(gateway: RunningNginx) -> None:
    for _ in range(20):
        assert gateway.ask().status == 200
    assert len(gateway.decider.asked) == 20
    # each worker process has its own; 64 of them would be one for each request
    assert gateway.decider.connections < 10


def test_a_client_that_hangs_up_early_is_asked_about_and_costs_no_connection(gateway: RunningNginx) -> None:
    script = gateway.decider.answer

    def answers_late(asked: Asked) -> Answer:
        time.sleep(0.02)  # longer than it takes nginx to notice
        return script(asked)

    gateway.decider.answer = answers_late

    def asked_about(requests: int) -> Callable[[], bool]:
        return lambda: len(gateway.decider.asked) >= requests

    for count in range(1, 11):
        with gateway.connect() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
        eventually(asked_about(count), lambda: "not asked")
        time.sleep(0.03)
    assert gateway.decider.connections < 5


@pytest.mark.parametrize(
    "target",
    [
        b"//a/%2e%2e/b%2Fc?x=1",
        b"/%ff%fe",
        b"/\xc3\xa4\xff",
        b"/?q=%00",
        b"/" + b"a" * 7_000,
        b"/?%",
        b"/a\\b'\"",
    ],
)
def test_an_odd_target_arrives_as_it_was_sent(gateway: RunningNginx, target: bytes) -> None:
    reply = gateway.send(b"GET " + target + b" HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 200")
    assert gateway.decider.asked[0].headers["x-original-uri"] == target.decode("latin-1")
    assert gateway.log.lines(1)[0]["verdict"] == "allow"


@pytest.mark.parametrize("value", [b"\x01\x02\x7f", b"\xff\xfe", b"a" * 7_000, b"\xe2\x80\xae", b'"\\'])
def test_odd_bytes_in_a_user_agent_reach_the_decider(gateway: RunningNginx, value: bytes) -> None:
    head = b"GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nUser-Agent: " + value + b"\r\n\r\n"
    assert gateway.send(head).startswith(b"HTTP/1.1 200")
    assert gateway.decider.asked[0].headers["user-agent"] == value.decode("latin-1")
    assert gateway.log.lines(1)[0]["verdict"] == "allow"


@pytest.mark.parametrize("target", [b"/%00", b"/a\x00b", b"/" + b"a" * 65_536])
def test_what_nginx_itself_refuses_is_no_question(gateway: RunningNginx, target: bytes) -> None:
    reply = gateway.send(b"GET " + target + b" HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    assert reply.startswith((b"HTTP/1.1 400", b"HTTP/1.1 414"))
    assert gateway.decider.asked == gateway.application.asked == []
