"""What the application and the client see of a decision."""

import json

import pytest

from tests.system.nginx.conftest import PAGE
from tests.system.nginx.running_nginx import Reply, RunningNginx
from tests.system.nginx.scripted_decider import allows, answers, blocks, would_block
from tests.system.nginx.scripted_server import Answer

SECRETS = ("0.97", "burst", "regularity", "0.62", "threat", "score")
SCORES = ("X-Decider-Verdict", "X-Threat-Score", "X-Decider-Reasons")


def problem(reply: Reply) -> dict[str, object]:
    """The blocked client's document, checked for what every such answer has."""
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    document = json.loads(reply.body)
    assert document["status"] == reply.status
    assert document["request_id"] == reply.headers["x-request-id"]
    everything = f"{reply.headers} {reply.body.decode()}".lower()
    assert [secret for secret in SECRETS if secret in everything] == []
    return dict(document)


def test_an_allowed_request_reaches_the_application_with_its_score(gateway: RunningNginx) -> None:
    reply = gateway.ask("/shoes", headers=dict.fromkeys((*SCORES, "X-Request-ID"), "claimed"))
    assert (reply.status, reply.body) == (200, PAGE.body)
    [passed] = gateway.application.asked
    assert passed.headers["x-decider-verdict"] == "allow"
    assert passed.headers["x-threat-score"] == "0.12"
    assert passed.headers["x-decider-reasons"] == "burst=0.12"
    assert passed.headers["x-request-id"] == gateway.decider.asked[0].headers["x-request-id"]


def test_a_client_learns_no_score_even_from_an_application_that_repeats_it(gateway: RunningNginx) -> None:
    gateway.application.answer = lambda asked: Answer(
        200, {name: asked.headers[name.lower()] for name in SCORES} | {"X-Kept": "yes"}
    )
    reply = gateway.ask()
    assert reply.headers["x-kept"] == "yes"
    assert [name for name in SCORES if name.lower() in reply.headers] == []


def test_claimed_scores_do_not_outlive_a_decision_without_one(gateway: RunningNginx) -> None:
    gateway.decider.answer = answers(204, {"X-Decider-Verdict": "allow"})
    gateway.ask(headers=dict.fromkeys(SCORES, "claimed"))
    assert {name: gateway.application.asked[0].headers.get(name.lower()) for name in SCORES} == {
        "X-Decider-Verdict": "allow",
        "X-Threat-Score": None,
        "X-Decider-Reasons": None,
    }


def test_a_would_be_block_passes_and_is_told_to_the_application(gateway: RunningNginx) -> None:
    gateway.decider.answer = would_block()
    assert gateway.ask().status == 200
    assert gateway.application.asked[0].headers["x-decider-verdict"] == "would-block"


def test_a_decider_that_allows_with_200_allows(gateway: RunningNginx) -> None:
    gateway.decider.answer = answers(200, {"X-Decider-Verdict": "allow"})
    assert gateway.ask().status == 200
    assert gateway.application.asked[0].headers["x-decider-verdict"] == "allow"


def test_a_blocked_client_gets_403_with_retry_after_and_a_request_id(gateway: RunningNginx) -> None:
    gateway.decider.answer = blocks(retry_after_seconds=37)
    reply = gateway.ask("/checkout", "POST", body=b"order")
    assert (reply.status, reply.headers["retry-after"]) == (403, "37")
    assert problem(reply)["request_id"] == gateway.decider.asked[0].headers["x-request-id"]
    assert gateway.application.asked == []


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "BREW"])
def test_every_method_can_be_blocked(gateway: RunningNginx, method: str) -> None:
    gateway.decider.answer = blocks()
    reply = gateway.ask("/", method)
    assert (reply.status, reply.headers["retry-after"]) == (403, "37")
    assert (reply.body == b"") == (method == "HEAD")


def test_a_blocked_upload_is_answered_before_it_is_sent(gateway: RunningNginx) -> None:
    gateway.decider.answer = blocks()
    with gateway.connect() as connection:
        connection.sendall(b"POST /upload HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 20000000\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 403")
    assert gateway.application.asked == []


def test_an_applications_own_403_is_passed_on_as_it_is(gateway: RunningNginx) -> None:
    gateway.application.answer = lambda _: Answer(403, {"Content-Type": "text/plain"}, b"not yours")
    reply = gateway.ask()
    assert (reply.status, reply.body) == (403, b"not yours")
    assert "retry-after" not in reply.headers and "x-request-id" not in reply.headers


@pytest.mark.parametrize("status", [404, 500, 503])
def test_an_applications_own_errors_are_passed_on(gateway: RunningNginx, status: int) -> None:
    gateway.application.answer = lambda _: Answer(status, {}, b"sorry")
    reply = gateway.ask()
    assert (reply.status, reply.body) == (status, b"sorry")


def test_a_websocket_passes_both_ways(gateway: RunningNginx) -> None:
    gateway.application.answer = lambda _: Answer(101, {"Upgrade": "websocket", "Connection": "Upgrade"})
    with gateway.connect() as connection:
        connection.sendall(
            b"GET /live HTTP/1.1\r\nHost: shop.example\r\nConnection: keep-alive, Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n\r\n"
        )
        assert connection.recv(65_536).startswith(b"HTTP/1.1 101")
        for frame in (b"\x81\x85\x00\x00\x00\x00hello", bytes(range(256)) * 40):
            connection.sendall(frame)
            echoed = b""
            while len(echoed) < len(frame):
                echoed += connection.recv(65_536)
            assert echoed == frame
    passed = gateway.application.asked[0].headers
    assert (passed["upgrade"], passed["connection"]) == ("websocket", "upgrade")
    assert passed["sec-websocket-key"] == "dGhlIHNhbXBsZQ=="


def test_a_websocket_can_be_blocked(gateway: RunningNginx) -> None:
    gateway.decider.answer = blocks()
    reply = gateway.ask("/live", headers={"Connection": "Upgrade", "Upgrade": "websocket"})
    assert reply.status == 403


def test_connections_to_the_application_are_kept(gateway: RunningNginx) -> None:
    for _ in range(20):
        gateway.ask()
    assert gateway.application.connections < 10


def test_the_application_hears_one_address_and_the_host_as_it_was_asked_for(gateway: RunningNginx) -> None:
    gateway.ask(headers={"Host": "shop.example:8443", "X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    passed = gateway.application.asked[0].headers
    assert passed["host"] == passed["x-forwarded-host"] == "shop.example:8443"
    assert passed["x-forwarded-for"] == passed["x-real-ip"] == "203.0.113.9"


@pytest.mark.parametrize(
    ("headers", "scheme"),
    [
        ({"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}, "https"),
        ({"X-Forwarded-Proto": "gopher", "X-Forwarded-For": "203.0.113.9"}, "http"),
        ({"X-Forwarded-For": "203.0.113.9"}, "http"),
        ({"X-Forwarded-Proto": "https"}, "http"),  # nobody has vouched for this client
    ],
)
def test_the_scheme_is_believed_where_a_trusted_proxy_says_it(
    gateway: RunningNginx, headers: dict[str, str], scheme: str
) -> None:
    gateway.ask(headers=headers)
    assert gateway.application.asked[0].headers["x-forwarded-proto"] == scheme


def test_a_score_of_an_earlier_request_is_not_told_of_a_later_one(gateway: RunningNginx) -> None:
    gateway.ask()
    gateway.decider.answer = allows(**{"X-Threat-Score": "0.34"})
    gateway.ask()
    assert [one.headers["x-threat-score"] for one in gateway.application.asked] == ["0.12", "0.34"]
