"""No decision to be had: requests pass quickly and are marked, or are refused where the route says so."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.system.nginx.conftest import between
from tests.system.nginx.running_nginx import Places, RunningNginx, eventually, render, running
from tests.system.nginx.scripted_decider import Script, allows, answers, answers_raw, blocks, hangs

ALLOW = {"X-Decider-Verdict": "allow"}
READ_SECONDS = 0.150  # proxy_read_timeout
SLACK_SECONDS = 0.1  # what a busy machine adds
FAST_SECONDS = 0.05  # far from any timeout
RETRY_SECONDS = 3.0 + 1.0  # fail_timeout, up to a second of nginx's clock, and slack

NO_DECISIONS: dict[str, Script] = {
    "500": answers(500),
    "500 that says allow": answers(500, ALLOW, b"oops"),
    "502": answers(502),
    "503": answers(503),
    "400": answers(400, {}, b"Bad Request"),
    "401": answers(401, {"WWW-Authenticate": "Basic"}),
    "404": answers(404),
    "413": answers(413),
    "429": answers(429),
    "302": answers(302, {"Location": "/login"}),
    "200 of somebody else": answers(200, {}, b"<h1>hello</h1>"),
    "half a head": answers_raw(b"HTTP/1.1 204 No Content\r\nX-Decider-Ver"),
    "nothing": answers_raw(b""),
    "a head too large": answers(204, {"X-Decider-Reasons": "a" * 100_000}),
}


@pytest.fixture(scope="module")
def closed_places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """The same gateway with the other include."""
    places = render(tmp_path_factory.mktemp("closed"))
    text = places.addresses.read_text()
    assert text.count("include decider/guard.conf;") == 1
    places.addresses.write_text(
        text.replace("include decider/guard.conf;", "include decider/guard_closed.conf;")
    )
    return places


@pytest.fixture
def closed(closed_places: Places) -> Iterator[RunningNginx]:
    with running(between(closed_places)) as one:
        yield one


def test_a_decider_that_is_down_lets_everybody_in_and_each_is_marked(gateway: RunningNginx) -> None:
    gateway.decider.stop()
    replies = [gateway.ask() for _ in range(10)]
    assert {reply.status for reply in replies} == {200}
    assert max(reply.seconds for reply in replies) < FAST_SECONDS
    assert {(line["fail_open"], line["verdict"]) for line in gateway.log.lines(10)} == {("1", "fail-open")}
    assert {one.headers["x-decider-verdict"] for one in gateway.application.asked} == {"fail-open"}


def test_a_hung_decider_costs_a_few_requests_150_ms_and_then_none(gateway: RunningNginx) -> None:
    gateway.decider.answer = hangs()
    replies = [gateway.ask() for _ in range(12)]
    assert {reply.status for reply in replies} == {200}
    assert max(reply.seconds for reply in replies) < READ_SECONDS + SLACK_SECONDS
    assert sum(reply.seconds > FAST_SECONDS for reply in replies) == 3  # max_fails
    assert {line["fail_open"] for line in gateway.log.lines(12)} == {"1"}


def test_a_decider_that_comes_back_is_asked_again_by_itself(gateway: RunningNginx) -> None:
    gateway.decider.stop()
    for _ in range(4):
        gateway.ask()
    gateway.decider.start()
    eventually(
        lambda: bool(gateway.ask()) and bool(gateway.decider.asked), lambda: "still not asked", RETRY_SECONDS
    )
    gateway.application.asked.clear()
    gateway.ask()
    assert gateway.application.asked[0].headers["x-decider-verdict"] == "allow"


@pytest.mark.parametrize("name", NO_DECISIONS)
def test_an_answer_that_is_no_decision_lets_the_request_in_and_is_marked(
    gateway: RunningNginx, name: str
) -> None:
    gateway.decider.answer = NO_DECISIONS[name]
    assert gateway.ask(headers={"X-Decider-Verdict": "allow"}).status == 200
    [line] = gateway.log.lines(1)
    assert (line["fail_open"], line["verdict"], line["status"]) == ("1", "fail-open", "200")
    assert gateway.application.asked[0].headers["x-decider-verdict"] == "fail-open"


@pytest.mark.parametrize("status", [500, 503, 400])
def test_a_crafted_request_that_breaks_the_decider_opens_the_gate_for_nobody_else(
    gateway: RunningNginx, status: int
) -> None:
    gateway.decider.answer = lambda asked: (
        answers(status)(asked) if asked.headers["x-original-uri"] == "/crafted" else blocks()(asked)
    )
    for _ in range(10):
        gateway.ask("/crafted")
    assert gateway.ask("/checkout").status == 403
    assert len(gateway.decider.asked) == 11


def test_requests_pass_and_are_marked_even_where_the_open_gate_is_gone(gateway: RunningNginx) -> None:
    gateway.decider.stop()
    gateway.places.open_socket.unlink()
    assert [gateway.ask().status for _ in range(5)] == [200] * 5
    assert {line["fail_open"] for line in gateway.log.lines(5)} == {"1"}


@pytest.mark.parametrize("has_lease", [False, True])
def test_a_closed_route_decides_as_any_other(closed: RunningNginx, has_lease: bool) -> None:
    if has_lease:  # nginx then takes its settings from a nested location
        closed.places.deny_lease.touch()
    assert closed.ask().status == 200
    closed.decider.answer = blocks()
    reply = closed.ask()
    assert (reply.status, reply.headers["retry-after"]) == (403, "37")
    assert [line["verdict"] for line in closed.log.lines(2)] == ["allow", "block"]


def test_a_closed_route_answers_503_while_the_decider_is_down(closed: RunningNginx) -> None:
    closed.decider.stop()
    for _ in range(6):  # the breaker opens in between
        reply = closed.ask()
        assert (reply.status, reply.headers["retry-after"]) == (503, "2")
        assert json.loads(reply.body)["status"] == 503
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.headers["cache-control"] == "no-store"
        assert reply.seconds < FAST_SECONDS
    assert closed.application.asked == []
    assert {(line["fail_open"], line["verdict"], line["status"]) for line in closed.log.lines(6)} == {
        ("0", "", "503")
    }


@pytest.mark.parametrize("name", [one for one in NO_DECISIONS if one != "200 of somebody else"])
def test_a_closed_route_refuses_what_is_no_decision(closed: RunningNginx, name: str) -> None:
    closed.decider.answer = NO_DECISIONS[name]
    assert closed.ask().status == 503
    assert closed.application.asked == []


def test_a_closed_route_opens_again_by_itself(closed: RunningNginx) -> None:
    closed.decider.answer = hangs()
    started = time.perf_counter()
    assert [closed.ask().status for _ in range(10)] == [503] * 10
    assert time.perf_counter() - started < 3 * (READ_SECONDS + SLACK_SECONDS) + 7 * FAST_SECONDS
    closed.decider.answer = allows()
    eventually(lambda: closed.ask().status == 200, lambda: "still refused", RETRY_SECONDS)
