"""What of a log is played, when, and as which bytes."""

import argparse

import pytest

from decider.replay.logged_request import LoggedRequest, parse_combined
from load.log_slice import Slice, due_seconds, moment, request_bytes, speed

LINE = '203.0.113.7 - - [16/Oct/2026:14:53:00 +0200] "{}" 200 512 "{}" "{}"'


def request(time: float, target: str = "/", **fields: str) -> LoggedRequest:
    return LoggedRequest(
        time,
        "203.0.113.7",
        fields.get("method", "GET"),
        target,
        200,
        0,
        "",
        fields.get("user_agent", "Mozilla/5.0"),
    )


@pytest.mark.parametrize(
    ("part", "times"),
    [
        (Slice(), [10, 20, 30, 40]),
        (Slice(start=20), [20, 30, 40]),
        (Slice(end=30), [10, 20]),
        (Slice(start=15, end=35, limit=1), [20]),
        (Slice(start=50), []),
    ],
)
def test_a_slice_begins_with_its_start_and_ends_before_its_end(part: Slice, times: list[float]) -> None:
    assert [one.time for one in part.of([request(time) for time in (10, 20, 30, 40)])] == times


@pytest.mark.parametrize(("speed_up", "due"), [(1.0, 30.0), (10.0, 3.0), (0.5, 60.0)])
def test_a_request_is_due_as_long_after_the_first_as_in_the_log_divided_by_the_speed(
    speed_up: float, due: float
) -> None:
    assert due_seconds(request(40), request(10), speed_up) == due


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:01", 60),
        ("1970-01-01T01:01:00+01:00", 60),
        ("1970-01-02", 86_400),
    ],
)
def test_times_without_a_zone_are_utc(text: str, seconds: float) -> None:
    assert moment(text) == seconds


@pytest.mark.parametrize("text", ["yesterday", "", "16/Oct/2026", "25:00"])
def test_a_time_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="write a time like 2019"):
        moment(text)


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", "inf", "10001"])
def test_a_speed_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="write a number above 0"):
        speed(text)


def test_a_line_becomes_the_request_that_it_tells_of() -> None:
    logged = parse_combined(
        LINE.format("POST /checkout?step=2 HTTP/1.1", "https://shop.example/cart", "Mozilla/5.0")
    )
    head = request_bytes(logged, "shop.example").decode().split("\r\n")
    assert head[0] == "POST /checkout?step=2 HTTP/1.1"
    assert {
        "Host: shop.example",
        "X-Forwarded-For: 203.0.113.7",
        "User-Agent: Mozilla/5.0",
        "Referer: https://shop.example/cart",
        "Content-Length: 0",
    } < set(head)


@pytest.mark.parametrize(
    "hostile",
    ["/a b", "/a\r\nHost: other\r\n\r\nGET /b HTTP/1.1", "/\x00", "/\ttab", "/\x7f"],
)
def test_nothing_in_a_log_makes_two_requests_of_one(hostile: str) -> None:
    sent = request_bytes(request(1, hostile, user_agent="a\r\nX-Evil: 1"), "shop.example")
    assert sent.count(b"\r\n\r\n") == 1
    assert sent.split(b"\r\n")[0].count(b" ") == 2
    assert not any(line.startswith((b"X-Evil", b"Host: other")) for line in sent.split(b"\r\n"))
