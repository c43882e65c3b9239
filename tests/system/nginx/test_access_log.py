"""One JSON line a request for the recorder, true in every case, and never in the way of serving."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.system.nginx.conftest import between
from tests.system.nginx.running_nginx import Places, RunningNginx, eventually, render, running
from tests.system.nginx.scripted_decider import Script, allows, answers, blocks, would_block
from tests.system.nginx.scripted_server import Answer

FIELDS = (
    *("time", "request_id", "address", "method", "host", "uri", "protocol", "status", "verdict", "score"),
    *("reasons", "deny_cache", "fail_open", "upstream_status", "upstream_seconds", "request_seconds"),
    *("bytes_sent", "user_agent", "referer"),
)

RECORDED = (
    *("address", "method", "host", "uri", "status", "verdict", "reasons", "deny_cache", "upstream_seconds"),
    *("bytes_sent", "user_agent", "referer"),
)


def test_a_line_has_the_agreed_fields_as_strings(gateway: RunningNginx) -> None:
    headers = {"Host": "shop.example", "User-Agent": "Mozilla/5.0", "Referer": "https://shop.example/"}
    reply = gateway.ask("/shoes?size=44", "POST", headers, b"order")
    [line] = gateway.log.lines(1)
    assert tuple(line) == FIELDS
    assert all(isinstance(value, str) for value in line.values())
    measured = {
        name: line.pop(name) for name in ("time", "request_seconds", "upstream_seconds", "bytes_sent")
    }
    assert line == {
        "request_id": gateway.decider.asked[0].headers["x-request-id"],
        "address": "127.0.0.1",
        "method": "POST",
        "host": "shop.example",
        "uri": "/shoes?size=44",
        "protocol": "HTTP/1.1",
        "status": "200",
        "verdict": "allow",
        "score": "0.12",
        "reasons": "burst=0.12",
        "deny_cache": "MISS",
        "fail_open": "0",
        "upstream_status": "200",
        "user_agent": "Mozilla/5.0",
        "referer": "https://shop.example/",
    }
    assert float(measured["time"]) > 1_700_000_000
    assert 0 <= float(measured["upstream_seconds"]) <= float(measured["request_seconds"]) + 0.001 < 1
    assert int(measured["bytes_sent"]) > len(reply.body)


@pytest.fixture(scope="module")
def recorded_places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """As ``places``, with the recorder's lines."""
    return render(tmp_path_factory.mktemp("recorded"), log_format="decider_recorder")


@pytest.fixture
def recorded(recorded_places: Places) -> Iterator[RunningNginx]:
    with running(between(recorded_places)) as one:
        yield one


@pytest.mark.parametrize(
    ("script", "status", "verdict"),
    [(allows(), "200", "allow"), (blocks(), "403", "block"), (answers(500), "200", "fail-open")],
)
def test_the_recorder_gets_what_it_reads_and_no_more(
    recorded: RunningNginx, script: Script, status: str, verdict: str
) -> None:
    recorded.decider.answer = script
    reply = recorded.ask("/shoes?size=44", headers={"User-Agent": 'a"b', "Referer": "https://x/"})
    [line] = recorded.log.lines(1)
    assert tuple(line) == RECORDED
    assert (line["address"], line["method"], line["uri"]) == ("127.0.0.1", "GET", "/shoes?size=44")
    assert (line["user_agent"], line["referer"]) == ('a"b', "https://x/")
    assert (line["status"], line["verdict"]) == (status, verdict)
    assert int(line["bytes_sent"]) > len(reply.body)


def test_the_frame_is_that_of_syslog_without_a_host_name(gateway: RunningNginx) -> None:
    gateway.ask()
    gateway.log.lines(1)
    frame, _, rest = gateway.log.datagrams[0].partition(b" decider: ")
    assert frame.startswith(b"<190>") and len(frame.split()) == 3  # month, day, time
    assert json.loads(rest)["verdict"] == "allow"


@pytest.mark.parametrize(
    ("script", "status", "verdict", "score", "fail_open"),
    [
        (allows(), "200", "allow", "0.12", "0"),
        (blocks(), "403", "block", "0.97", "0"),
        (would_block(), "200", "would-block", "0.97", "0"),
        (answers(200, {"X-Decider-Verdict": "allow"}), "200", "allow", "", "0"),
        (answers(500), "200", "fail-open", "", "1"),
        (answers(204), "200", "fail-open", "", "1"),
        (answers(204, {"X-Decider-Verdict": "block"}), "200", "fail-open", "", "1"),
        (answers(403), "403", "block", "", "0"),
    ],
)
def test_a_line_tells_what_happened(
    gateway: RunningNginx, script: Script, status: str, verdict: str, score: str, fail_open: str
) -> None:
    gateway.decider.answer = script
    gateway.ask()
    [line] = gateway.log.lines(1)
    told = (line["status"], line["verdict"], line["score"], line["fail_open"])
    assert told == (status, verdict, score, fail_open)


def test_a_blocked_line_names_no_time_of_the_application(gateway: RunningNginx) -> None:
    gateway.decider.answer = blocks()
    gateway.ask()
    [line] = gateway.log.lines(1)
    assert line["upstream_seconds"] in ("", "-") and line["upstream_status"] in ("", "-")
    assert line["reasons"] == "burst=0.62,regularity=0.41"


def test_a_line_tells_the_applications_status_and_time(gateway: RunningNginx) -> None:
    gateway.application.answer = lambda _: Answer(502, {}, b"sorry")
    gateway.ask()
    [line] = gateway.log.lines(1)
    assert (line["status"], line["upstream_status"], line["verdict"]) == ("502", "502", "allow")


@pytest.mark.parametrize(
    "header",
    [b'User-Agent: "},{"x":"\\', b"Referer: \xff\xfe\x01\x1b[31m", b"Host: a\xc3\xa4\xff", b"User-Agent: \t"],
)
def test_hostile_bytes_leave_a_line_readable(gateway: RunningNginx, header: bytes) -> None:
    gateway.send(b"GET /'\"\\<script>%0a HTTP/1.1\r\n" + header + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    gateway.send(b"GET /'\"\\<script>%0a HTTP/1.0\r\n" + header + b"\r\n\r\n")
    for line in gateway.log.lines(2):
        assert tuple(line) == FIELDS
        assert line["uri"] == "/'\"\\<script>%0a"


def without_a_socket(gateway: RunningNginx) -> None:
    gateway.log.stop()
    gateway.places.access_socket.unlink()


def without_a_listener(gateway: RunningNginx) -> None:
    gateway.log.stop()


@pytest.mark.parametrize("lose", [without_a_socket, without_a_listener])
def test_nginx_starts_and_serves_when_nobody_records(
    gateway: RunningNginx, lose: Callable[[RunningNginx], None]
) -> None:
    gateway.stop()
    lose(gateway)
    gateway.start()
    assert [gateway.ask().status for _ in range(5)] == [200] * 5


@pytest.mark.parametrize("lose", [without_a_socket, without_a_listener])
def test_lines_arrive_again_when_the_recorder_is_back(
    gateway: RunningNginx, lose: Callable[[RunningNginx], None]
) -> None:
    gateway.ask()
    gateway.log.lines(1)
    lose(gateway)
    assert [gateway.ask().status for _ in range(5)] == [200] * 5
    gateway.log.start()
    received = len(gateway.log.datagrams)
    eventually(
        lambda: gateway.ask().status == 200 and len(gateway.log.datagrams) > received,
        lambda: f"no line arrives: {gateway.errors[-500:]}",
    )


def test_a_recorder_that_does_not_read_slows_nobody_down(gateway: RunningNginx) -> None:
    gateway.log.pause()
    replies = [gateway.ask() for _ in range(100)]
    assert {reply.status for reply in replies} == {200}
    assert sorted(reply.seconds for reply in replies)[90] < 0.05
