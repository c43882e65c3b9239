"""One datagram at a time: what Nginx writes is read, what anybody else writes does no harm."""

import json

import pytest

from decider.core.access_line import AccessLine, Outcome, main_signal, parse_access_line

VALUES = {
    "time": "1763888711.204",
    "request_id": "0f8fad5bd9cb469fa16570867728950e",
    "address": "203.0.113.7",
    "method": "POST",
    "host": "shop.example",
    "uri": "/checkout?step=2",
    "protocol": "HTTP/1.1",
    "status": "200",
    "verdict": "allow",
    "score": "0.12",
    "reasons": "burst=0.12",
    "deny_cache": "MISS",
    "fail_open": "0",
    "upstream_status": "200",
    "upstream_seconds": "0.012",
    "request_seconds": "0.013",
    "bytes_sent": "512",
    "user_agent": "Mozilla/5.0",
    "referer": "",
}


def datagram(**changes: str) -> bytes:
    return b"<190>Nov 23 09:05:11 decider: " + json.dumps({**VALUES, **changes}).encode()


def parsed(**changes: str) -> AccessLine:
    line = parse_access_line(datagram(**changes))
    assert line is not None
    return line


def test_a_line_of_nginx_is_read() -> None:
    assert parse_access_line(datagram()) == AccessLine(
        address="203.0.113.7",
        method="POST",
        target="/checkout?step=2",
        status=200,
        outcome=Outcome.ALLOWED,
        reasons="burst=0.12",
        from_deny_cache=False,
        upstream_seconds=0.012,
        bytes_sent=512,
        host="shop.example",
        user_agent="Mozilla/5.0",
        referer="",
    )


@pytest.mark.parametrize(
    ("changes", "outcome", "from_deny_cache"),
    [
        # the verdict decides, whatever status the client saw
        ({"verdict": "allow", "status": "403"}, Outcome.ALLOWED, False),
        ({"verdict": "block", "status": "403"}, Outcome.BLOCKED, False),
        ({"verdict": "block", "status": "429"}, Outcome.BLOCKED, False),
        ({"verdict": "would-block", "status": "200"}, Outcome.WOULD_BLOCK, False),
        # Nginx repeats a block by itself
        ({"verdict": "block", "status": "403", "deny_cache": "HIT"}, Outcome.BLOCKED, True),
        ({"verdict": "block", "status": "429", "deny_cache": "HIT"}, Outcome.BLOCKED, True),
        ({"verdict": "", "status": "403", "deny_cache": "HIT"}, Outcome.BLOCKED, True),
        # nobody decided
        ({"verdict": "fail-open", "fail_open": "1"}, Outcome.FAIL_OPEN, False),
        ({"verdict": "", "fail_open": "1"}, Outcome.FAIL_OPEN, False),
        ({"verdict": "", "status": "403"}, Outcome.UNGUARDED, False),
        ({"verdict": "who knows"}, Outcome.UNGUARDED, False),
    ],
)
def test_the_outcome_follows_verdict_cache_and_fail_open_mark(
    changes: dict[str, str], outcome: Outcome, from_deny_cache: bool
) -> None:
    line = parsed(**changes)
    assert (line.outcome, line.from_deny_cache) == (outcome, from_deny_cache)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0.012", 0.012),
        ("-", 0.0),
        ("", 0.0),
        ("0.150, 0.012", 0.162),  # a second server was tried
        ("0.150 : 0.012", 0.162),  # an internal redirect went to another upstream
        ("-, 0.012", 0.012),
        ("nan", 0.0),
        ("inf", 0.0),
        ("-5", 0.0),
        ("1e9", 0.0),
        ("soon", 0.0),
    ],
)
def test_upstream_time_is_the_sum_of_all_tries(text: str, seconds: float) -> None:
    assert parsed(upstream_seconds=text).upstream_seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "size"), [("512", 512), ("-", 0), ("", 0), ("-1", 0), ("9" * 16, 0), ("²", 0)]
)
def test_bytes_are_a_whole_number_or_none(text: str, size: int) -> None:
    assert parsed(bytes_sent=text).bytes_sent == size


def test_raw_bytes_of_a_client_are_replaced_not_refused() -> None:
    line = parse_access_line(datagram(uri="/MARK").replace(b"MARK", b"\xff\xfe\x80"))
    assert line is not None
    assert line.target == "/\ufffd\ufffd\ufffd"


def test_texts_are_clipped() -> None:
    line = parsed(uri="/" + "a" * 60_000, method="M" * 999, address="9" * 999, reasons="r" * 9_999)
    assert [len(text) for text in (line.target, line.method, line.address, line.reasons)] == [
        2048,
        32,
        64,
        512,
    ]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00" * 100,
        b"\xff" * 1000,
        b"<190>Nov 23 09:05:11 decider: ",
        b"<190>Nov 23 09:05:11 nginx: upstream timed out",
        b"{",
        b"{}",
        b"{[]}",
        b'{"a":' * 100_000,
        b"{" + b"[" * 200_000,
        b'{"a":' + b"[" * 200_000,
        datagram()[:-20],  # cut on the way
        datagram(status=""),
        datagram(status="abc"),
        datagram(status="2000"),
        datagram(status="²00"),
        datagram(address=""),
        b'{"address": 1, "status": "200"}',
        b'{"address": "203.0.113.7", "status": 200}',
        b'{"address": ["203.0.113.7"], "status": {"a": 1}}',
    ],
)
def test_what_is_no_access_line_is_none(garbage: bytes) -> None:
    assert parse_access_line(garbage) is None


def test_fields_of_a_wrong_type_read_as_empty() -> None:
    line = parse_access_line(
        b'{"address":"203.0.113.7","status":"200","method":7,"uri":["/"],"verdict":{"a":1},'
        b'"reasons":null,"deny_cache":1,"fail_open":true,"upstream_seconds":0.5,"bytes_sent":-3}'
    )
    assert line == AccessLine("203.0.113.7", "", "", 200, Outcome.UNGUARDED, "", False, 0.0, 0)


@pytest.mark.parametrize(
    ("reasons", "signal"),
    [("burst=0.62,regularity=0.41", "burst"), ("ban=1.00", "ban"), ("", ""), ("=,", ""), ("burst", "burst")],
)
def test_the_main_signal_is_the_first_reason(reasons: str, signal: str) -> None:
    assert main_signal(reasons) == signal
