"""What Nginx gets for its subrequests: verdicts, headers and nothing else."""

import json
import time

import pytest

from tests.system.decider.conftest import RunningDecider

HOSTILE_BYTES = bytes(byte for byte in range(1, 256) if byte not in b"\r\n")


def test_a_first_request_is_allowed_without_a_body(decider: RunningDecider) -> None:
    answer = decider.decide("198.51.100.1", "/products/1")
    assert (answer.status, answer.verdict, answer.body) == (204, "allow", b"")
    assert answer.score < 0.5


def test_a_bot_at_checkout_is_cut_off_within_20_requests_and_told_how_long(decider: RunningDecider) -> None:
    answers = []
    for _ in range(50):
        answers.append(decider.decide("203.0.113.50", "/checkout"))
        time.sleep(0.02)
    first = next(number for number, answer in enumerate(answers, 1) if answer.status == 403)
    assert first <= 20
    blocked = answers[first - 1]
    assert blocked.verdict == "block"
    assert blocked.score >= 0.8
    assert 55 <= int(blocked.headers["Retry-After"]) <= 60
    assert int(blocked.headers["X-Accel-Expires"]) >= 1
    assert blocked.headers["X-Decider-Reasons"].split("=")[0] in {"burst", "sensitive_pressure"}
    assert blocked.body == b""
    assert {answer.status for answer in answers[first:]} == {403}


def test_a_page_with_80_assets_over_parallel_connections_is_no_burst(decider: RunningDecider) -> None:
    answers = [decider.decide("198.51.100.2", "/product/7")]
    answers += [decider.decide("198.51.100.2", f"/static/{number}.css") for number in range(80)]
    assert {answer.status for answer in answers} == {204}
    assert max(answer.score for answer in answers) < 0.3


def test_a_repeated_request_id_counts_once(decider: RunningDecider) -> None:
    for _ in range(60):
        answer = decider.decide("198.51.100.3", "/checkout", X_Request_ID="the-same-request")
    assert (answer.status, answer.score) == (204, 0.0)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Real-IP": ""},
        {"X-Real-IP": "unknown"},
        {"X-Real-IP": "203.0.113.7, 10.0.0.1"},
        {"X-Real-IP": b"\xff\xfe\x80"},
        {"X-Real-IP": "9" * 4_000},
    ],
)
def test_what_names_no_client_gets_the_policys_answer_and_is_counted(
    decider: RunningDecider, headers: dict[str, str | bytes]
) -> None:
    before = malformed(decider)
    answer = decider.get("/v1/decide", headers)
    assert (answer.status, answer.body) == (204, b"")
    assert malformed(decider) == before + 1


@pytest.mark.parametrize(
    "target",
    [
        b"/" + b"a" * 60_000,
        b"/%zz%00%ff",
        b"/" + HOSTILE_BYTES,
        b"http://evil.example/%2e%2e/",
        b"*",
        b"?",
    ],
)
@pytest.mark.parametrize("method", ["GET", "BREW", "\x7f" * 500])
def test_no_target_and_no_method_makes_a_5xx(
    decider: RunningDecider, target: str | bytes, method: str
) -> None:
    answer = decider.decide("198.51.100.4", target, X_Original_Method=method, Referer=HOSTILE_BYTES)
    assert answer.status in {204, 403}
    assert answer.body == b""


def test_ipv4_mapped_addresses_count_as_the_ipv4_client(decider: RunningDecider) -> None:
    for _ in range(20):
        decider.decide("203.0.113.60", "/checkout")
    assert decider.decide("::ffff:203.0.113.60", "/").status == 403


def test_an_ipv6_client_is_its_64(decider: RunningDecider) -> None:
    for last in range(20):
        decider.decide(f"2001:db8:1:2::{last:x}", "/checkout")
    assert decider.decide("2001:db8:1:2:ffff::1", "/").status == 403
    assert decider.decide("2001:db8:1:3::1", "/").status == 204


def test_private_and_loopback_addresses_are_scored_but_never_banned(decider: RunningDecider) -> None:
    answers = [decider.decide("10.0.0.9", "/checkout") for _ in range(60)]
    assert {answer.status for answer in answers} == {204}
    assert answers[-1].score >= 0.99


def test_fifty_requests_in_a_second_score_at_least_099(decider: RunningDecider) -> None:
    while time.time() % 1 > 0.1:  # begin with the second, so that all fall into one bucket
        time.sleep(0.005)
    answers = [decider.decide("10.0.0.10", "/checkout") for _ in range(50)]
    assert answers[-1].score >= 0.99


def test_liveness_readiness_and_metrics_tell_what_they_know(decider: RunningDecider) -> None:
    assert decider.get("/healthz").status == 200
    ready = decider.get("/readyz")
    assert (ready.status, set(json.loads(ready.body)["parts"])) == (200, {"redis", "geo", "policy"})
    decider.decide("198.51.100.5")
    deadline = time.monotonic() + 5
    while 'decider_decisions_total{node="test-node"' not in decider.get("/metrics").body.decode():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_nothing_above_left_a_stack_trace_in_the_log(decider: RunningDecider) -> None:
    assert "Traceback" not in decider.log
    assert "decision_error" not in decider.log


def malformed(decider: RunningDecider) -> int:
    """The counter as the next heartbeats publish it: waits until two readings agree."""
    reading = -1
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        lines = decider.get("/metrics").body.decode().splitlines()
        values = [
            int(float(line.split()[-1])) for line in lines if line.startswith("decider_malformed_total{")
        ]
        if values and values[0] == reading:
            return reading
        reading = values[0] if values else -1
        time.sleep(1.1)
    raise AssertionError("no heartbeat")
