"""nginx repeats a block by itself: to that client only, for as long as the decider said, and nothing else."""

from dataclasses import replace

import pytest

from tests.system.nginx.running_nginx import RunningNginx, eventually
from tests.system.nginx.scripted_decider import answers, blocks

CLIENT = {
    "X-Forwarded-For": "203.0.113.9",
    "Host": "shop.example",
    "Cookie": "session=one",
    "X-Api-Key": "one",
    "User-Agent": "bot/1",
}
STALE_SECONDS = 3.0  # X-Accel-Expires: 2 lives for two to three seconds


def fill(gateway: RunningNginx) -> None:
    """Ask until the deny cache answers: the second block of a client is kept."""
    for _ in range(2):
        assert gateway.ask(headers=CLIENT).status == 403
    assert len(gateway.decider.asked) == 2


def test_a_repeated_block_is_answered_without_the_decider(gateway: RunningNginx) -> None:
    gateway.decider.answer = blocks(cache_seconds=5)
    fill(gateway)
    reply = gateway.ask("/other?path=1", "POST", CLIENT, b"order")
    assert (reply.status, reply.headers["retry-after"]) == (403, "37")
    assert len(gateway.decider.asked) == 2
    # sorted: each of Nginx's workers writes for itself, after it has answered
    assert sorted(line["deny_cache"] for line in gateway.log.lines(3)) == ["HIT", "MISS", "MISS"]
    assert {line["verdict"] for line in gateway.log.lines(3)} == {"block"}


def test_each_cached_block_has_its_own_request_id(gateway: RunningNginx) -> None:
    gateway.decider.answer = blocks(cache_seconds=5)
    fill(gateway)
    replies = [gateway.ask(headers=CLIENT) for _ in range(3)]
    assert len({reply.headers["x-request-id"] for reply in replies}) == 3
    assert {line["request_id"] for line in gateway.log.lines(5)} > {
        reply.headers["x-request-id"] for reply in replies
    }


@pytest.mark.parametrize(
    "other",
    [
        {"X-Forwarded-For": "203.0.113.10"},
        {"Host": "other.example"},
        {"Cookie": "session=two"},
        {"Cookie": ""},
        {"X-Api-Key": "two"},
        {"User-Agent": "Mozilla/5.0"},
    ],
)
def test_a_block_is_not_repeated_to_a_client_that_differs(
    gateway: RunningNginx, other: dict[str, str]
) -> None:
    gateway.decider.answer = blocks(cache_seconds=5)
    fill(gateway)
    gateway.decider.answer = answers(204, {"X-Decider-Verdict": "allow"})
    assert gateway.ask(headers=CLIENT).status == 403
    assert gateway.ask(headers=CLIENT | other).status == 200
    assert len(gateway.decider.asked) == 3


def test_a_client_that_is_unbanned_gets_in_within_three_seconds(gateway: RunningNginx) -> None:
    gateway.decider.answer = blocks(cache_seconds=2)
    fill(gateway)
    gateway.decider.answer = answers(204, {"X-Decider-Verdict": "allow"})
    assert gateway.ask(headers=CLIENT).status == 403
    eventually(
        lambda: gateway.ask(headers=CLIENT).status == 200,
        lambda: "still answered from the cache",
        STALE_SECONDS,
    )


def test_a_block_without_a_time_is_not_kept(gateway: RunningNginx) -> None:
    gateway.decider.answer = blocks()
    for _ in range(4):
        assert gateway.ask(headers=CLIENT).status == 403
    assert len(gateway.decider.asked) == 4


@pytest.mark.parametrize("status", [200, 204])
def test_nothing_but_a_block_is_ever_kept(gateway: RunningNginx, status: int) -> None:
    lasting = {
        "X-Accel-Expires": "60",
        "Cache-Control": "max-age=60",
        "Expires": "Thu, 31 Dec 2099 23:59:59 GMT",
    }
    gateway.decider.answer = answers(status, {"X-Decider-Verdict": "allow", **lasting})
    for _ in range(4):
        assert gateway.ask(headers=CLIENT).status == 200
    assert len(gateway.decider.asked) == 4


def test_a_client_seen_once_takes_no_room(gateway: RunningNginx) -> None:
    gateway.decider.answer = blocks(cache_seconds=60)
    for last in range(20):
        assert gateway.ask(headers={"X-Forwarded-For": f"203.0.113.{last}"}).status == 403
    assert [path for path in gateway.places.deny_cache.rglob("*") if path.is_file()] == []


LOOK_SECONDS = 1.2  # nginx looks for the lease once a second


def test_what_is_kept_under_the_lease_is_gone_with_it(gateway: RunningNginx) -> None:
    gateway.places.deny_lease.touch()
    gateway.decider.answer = blocks(cache_seconds=60, is_leased=True)
    fill(gateway)
    gateway.decider.answer = answers(204, {"X-Decider-Verdict": "allow"})
    assert gateway.ask(headers=CLIENT).status == 403
    gateway.places.deny_lease.unlink()
    eventually(
        lambda: gateway.ask(headers=CLIENT).status == 200,
        lambda: "still answered from the cache",
        LOOK_SECONDS,
    )


def test_the_question_is_the_same_under_the_lease(gateway: RunningNginx) -> None:
    gateway.ask("/a?b=1", "POST", CLIENT, b"order")
    gateway.places.deny_lease.touch()
    for _ in range(2):
        eventually(lambda: gateway.ask("/a?b=1", "POST", CLIENT, b"order").status == 200, lambda: "refused")
    first, *others = [
        replace(asked, headers={**asked.headers, "x-request-id": ""}) for asked in gateway.decider.asked
    ]
    assert others == [first, first] and first.target == "/v1/decide"


def test_a_block_that_needs_the_lease_is_not_kept_without_it(gateway: RunningNginx) -> None:
    gateway.decider.answer = blocks(cache_seconds=60, is_leased=True)
    for _ in range(4):
        assert gateway.ask(headers=CLIENT).status == 403
    assert len(gateway.decider.asked) == 4


def test_a_short_block_is_kept_under_the_lease_too(gateway: RunningNginx) -> None:
    gateway.places.deny_lease.touch()
    gateway.decider.answer = blocks(cache_seconds=60)
    fill(gateway)
    assert gateway.ask(headers=CLIENT).status == 403
    assert len(gateway.decider.asked) == 2


def test_a_block_that_was_replaced_is_not_repeated_from_an_open_file(gateway: RunningNginx) -> None:
    gateway.decider.answer = blocks(cache_seconds=1, retry_after_seconds=37)
    fill(gateway)
    assert gateway.ask(headers=CLIENT).headers["retry-after"] == "37"
    gateway.decider.answer = blocks(cache_seconds=60, retry_after_seconds=36)
    eventually(
        lambda: _waits(gateway) == "36",
        lambda: "the first block is still repeated",
        STALE_SECONDS,
    )
    asked = len(gateway.decider.asked)
    # by every worker of nginx, whichever file it holds open
    assert {_waits(gateway) for _ in range(30)} == {"36"}
    assert len(gateway.decider.asked) == asked


def _waits(gateway: RunningNginx) -> str:
    return gateway.ask(headers=CLIENT).headers["retry-after"]
