"""Access logs as they are found: whatever can be read is, the rest is counted and told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from decider.core.agent import NOT_LOGGED
from decider.core.errors import FaultyInput
from decider.replay.log_files import LONGEST_LINE_BYTES, Reading, read_logs
from decider.replay.logged_request import LoggedRequest

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NOON = 1_763_899_200.0  # 2025-11-23 12:00:00 UTC


def combined(
    address: str = "203.0.113.7", when: str = "23/Nov/2025:12:00:00 +0000", request: str = "GET / HTTP/1.1"
) -> str:
    return f'{address} - - [{when}] "{request}" 200 512 "https://shop.example/" "{AGENT}"\n'


def read(folder: Path, content: str | bytes, name: str = "access.log") -> Reading:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_logs([path], "auto", lambda _stage, _done, _of: None)


@pytest.mark.parametrize(
    "request_text",
    [
        r"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03",
        "",
        "-",
        r"\x03\x00\x00/*\xE0\x00\x00\x00\x00\x00Cookie: mstshash=Administr",
        "SSH-2.0-Go",
        "t3 12.1.2",
        "GET",
    ],
)
def test_a_line_that_is_no_http_is_counted_as_that(tmp_path: Path, request_text: str) -> None:
    reading = read(tmp_path, combined(request=request_text) + combined())
    assert (reading.lines, reading.not_http, reading.unreadable) == (2, 1, 0)
    assert len(reading.requests) == 1


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "{",
        '{"time": "yesterday", "method": "GET", "uri": "/", "address": "203.0.113.7"}',
        '{"time": 1e400, "method": "GET", "uri": "/"}',
        "[" * 100_000,
        combined(when="99/Nov/2025:12:00:00 +0000"),
        combined(when="23/Foo/2025:12:00:00 +0000"),
        combined(when="23/Nov/0001:12:00:00 +0000"),
        combined().replace(" 200 512 ", " 200 " + "9" * 30 + " "),
        "\x00\x01\x02\x1b[31m",
        "x" * (LONGEST_LINE_BYTES * 2 + 7),
    ],
    ids=lambda line: line[:20],
)
def test_an_unreadable_line_is_counted_and_sampled_without_control_characters(
    tmp_path: Path, line: str
) -> None:
    reading = read(tmp_path, combined() + line.rstrip("\n") + "\n" + combined())
    assert (reading.lines, reading.unreadable, len(reading.requests)) == (3, 1, 2)
    (sample,) = reading.samples
    assert sample
    assert sample.isprintable()
    assert len(sample) <= 120


def test_only_some_unreadable_lines_are_kept_as_samples(tmp_path: Path) -> None:
    reading = read(tmp_path, "nonsense\n" * 1_000)
    assert (reading.unreadable, len(reading.samples)) == (1_000, 5)


@pytest.mark.parametrize(
    ("when", "seconds"),
    [
        ("23/Nov/2025:12:00:00 +0000", NOON),
        ("23/Nov/2025:07:00:00 -0500", NOON),
        ("23/Nov/2025:17:45:00 +0545", NOON),
        ("24/Nov/2025:01:00:00 +1300", NOON),
    ],
)
def test_foreign_time_zones_are_the_same_moment(tmp_path: Path, when: str, seconds: float) -> None:
    assert read(tmp_path, combined(when=when)).requests[0].time == seconds


def test_json_times_of_every_usual_form_are_the_same_moment(tmp_path: Path) -> None:
    forms = ["2025-11-23T12:00:00Z", "2025-11-23T14:00:00+02:00", str(NOON), str(int(NOON * 1000))]
    forms.append("23/Nov/2025:12:00:00 +0000")
    lines = [
        json.dumps({"time": form, "address": "203.0.113.7", "method": "GET", "uri": "/", "status": "200"})
        for form in forms
    ]
    assert {one.time for one in read(tmp_path, "\n".join(lines)).requests} == {NOON}


def test_lines_out_of_order_and_of_several_files_are_sorted_and_equal_times_keep_their_order(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_text(
        combined(when="23/Nov/2025:12:00:09 +0000", request="GET /late HTTP/1.1")
        + combined(request="GET /one HTTP/1.1")
        + combined(request="GET /two HTTP/1.1")
    )
    second.write_text(combined(request="GET /three HTTP/1.1") + combined(when="23/Nov/2025:13:00:00 +0200"))
    reading = read_logs([first, second], "auto", lambda _stage, _done, _of: None)
    assert [one.target for one in reading.requests] == ["/", "/one", "/two", "/three", "/late"]


@pytest.mark.parametrize("address", ["2001:db8::7", "::ffff:203.0.113.7", "2001:DB8:0:0:0:0:0:1"])
def test_ipv6_addresses_are_read(tmp_path: Path, address: str) -> None:
    assert read(tmp_path, combined(address)).requests[0].address == address


def test_a_gz_file_cut_short_is_read_up_to_there_and_said(tmp_path: Path) -> None:
    whole = gzip.compress("".join(combined(request=f"GET /{n} HTTP/1.1") for n in range(20_000)).encode())
    reading = read(tmp_path, whole[: len(whole) // 2], "access.log.gz")
    assert reading.cut_short == [str(tmp_path / "access.log.gz")]
    assert 1_000 < len(reading.requests) < 20_000
    assert reading.unreadable <= 1


def test_a_gz_file_is_known_by_its_content_and_damage_inside_is_said(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress((combined() * 50_000).encode(), 1))
    assert len(read(tmp_path, bytes(packed), "access.log").requests) == 50_000
    packed[len(packed) // 2] ^= 0xFF
    assert read(tmp_path, bytes(packed), "access.log").cut_short


def test_absent_files_and_folders_are_all_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FaultyInput) as caught:
        read_logs([tmp_path, tmp_path / "none.log"], "auto", lambda _stage, _done, _of: None)
    assert len(caught.value.faults) == 2


def test_hostile_bytes_come_back_as_they_were_written(tmp_path: Path) -> None:
    line = combined(request="GET /caf\xe9/\U0001f355?q=\\x22 HTTP/1.1").encode() + b'1.2.3.4 - - ["\xff\n'
    reading = read(tmp_path, line)
    assert reading.requests[0].target == '/caf\xe9/\U0001f355?q="'
    assert reading.unreadable == 1
    lone = '{"time":"1763899200","address":"1.2.3.4","method":"GET","uri":"/\\ud800","status":"200"}'
    assert read(tmp_path, lone).requests[0].target == "/\ud800"


def test_packed_requests_are_what_was_appended(tmp_path: Path) -> None:
    one = json.dumps(
        {
            "time": NOON,
            "address": "2001:db8::1",
            "method": "POST",
            "uri": "/a?b",
            "status": "302",
            "bytes_sent": "5000000000",
            "referer": "https://shop.example/",
            "user_agent": AGENT,
            "host": "shop.example",
            "session": "s1",
            "accept_language": "de",
        }
    )
    requests = read(tmp_path, combined() + one + "\n" + combined()).requests
    assert len(requests) == 3
    assert requests[1] == LoggedRequest(
        NOON,
        "2001:db8::1",
        "POST",
        "/a?b",
        302,
        5_000_000_000,
        "https://shop.example/",
        AGENT,
        "shop.example",
        "s1",
        "de",
    )
    assert requests[-1] == requests[0]
    assert list(requests) == [requests[0], requests[1], requests[2]]


@pytest.mark.parametrize(
    "line",
    [
        '203.0.113.7 - - [23/Nov/2025:12:00:00 +0000] "GET / HTTP/1.1" 200 512\n',
        '{"time": "2025-11-23T12:00:00Z", "remote_addr": "203.0.113.7", "request": "GET / HTTP/1.1", '
        '"status": 200}\n',
    ],
)
def test_a_log_without_user_agents_is_not_a_log_of_nobodies(tmp_path: Path, line: str) -> None:
    assert [request.user_agent for request in read(tmp_path, line).requests] == [NOT_LOGGED]


def test_a_client_that_sent_no_user_agent_is_one(tmp_path: Path) -> None:
    line = combined().replace(AGENT, "-")
    assert [request.user_agent for request in read(tmp_path, line).requests] == [""]
