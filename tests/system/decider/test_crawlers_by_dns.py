"""A crawler that only reverse DNS confirms: neutral at first, verified once its names are known."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.dns_responder import dns_responder
from tests.servers import redis_server
from tests.system.decider.conftest import RunningDecider, running_decider

YANDEX = "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"
SPIDER, LIAR = "203.0.113.7", "203.0.113.8"
RECORDS = {
    ("7.113.0.203.in-addr.arpa", "PTR"): ["203-0-113-7.spider.yandex.com."],
    ("203-0-113-7.spider.yandex.com", "A"): [SPIDER],
    ("8.113.0.203.in-addr.arpa", "PTR"): ["203-0-113-7.spider.yandex.com."],
}


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def statuses(decider: RunningDecider, address: str, requests: int = 60) -> set[int]:
    return {decider.decide(address, "/checkout", User_Agent=YANDEX).status for _ in range(requests)}


def test_the_confirmed_crawler_is_never_banned_and_the_liar_is(tmp_path: Path) -> None:
    with (
        dns_responder(RECORDS) as server,
        redis_server(tmp_path / "redis") as redis,
        running_decider(tmp_path, redis, DECIDER_DNS=server.address) as decider,
    ):
        for address in (SPIDER, LIAR):
            assert decider.decide(address, User_Agent=YANDEX).status == 204
        wait_for(lambda: [kind for _, kind in server.asked].count("A") == 2)
        time.sleep(0.5)  # the answer reaches the worker
        assert statuses(decider, SPIDER) == {204}
        assert 403 in statuses(decider, LIAR)
        assert len(server.asked) == 4  # two addresses, each asked about once


def test_without_dns_a_claim_is_neutral_and_nothing_fails(tmp_path: Path) -> None:
    with dns_responder({}) as server:
        dead = server.address
    with (
        redis_server(tmp_path / "redis") as redis,
        running_decider(tmp_path, redis, DECIDER_DNS=dead) as decider,
    ):
        answers = [decider.decide(f"203.0.113.{number}", "/", User_Agent=YANDEX) for number in range(20)]
        assert {answer.status for answer in answers} == {204}
        assert all("false_crawler" not in answer.headers["X-Decider-Reasons"] for answer in answers)
        wait_for(lambda: "reverse_dns_failed" in decider.log)
        assert decider.log.count("reverse_dns_failed") == 1
        assert decider.get("/readyz").status == 200


def test_a_reverse_dns_that_is_turned_off_asks_nobody(tmp_path: Path) -> None:
    with (
        redis_server(tmp_path / "redis") as redis,
        running_decider(tmp_path, redis, DECIDER_DNS="off") as decider,
    ):
        assert decider.decide(SPIDER, User_Agent=YANDEX).status == 204
        assert "reverse_dns" not in decider.log
