"""The dashboard's actions on a real Redis: the same effects and events as the command line's."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from dash_app.operator_desk import DeskError, OperatorDesk, open_desk
from decider.core.security_event import STREAM_FIELD, STREAM_KEY
from tests.dns_responder import dns_responder

CLIENT = "203.0.113.7"


@pytest.fixture
def redis(redis_url: str) -> Iterator[Any]:
    with Redis.from_url(redis_url) as client:
        client.flushall()
        yield client


@pytest.fixture
def desk(redis: Any, redis_url: str) -> OperatorDesk:
    return open_desk({"REDIS_URL": redis_url})


def recorded(redis: Any) -> list[dict[str, Any]]:
    return [json.loads(fields[STREAM_FIELD.encode()]) for _, fields in redis.xrange(STREAM_KEY)]


def test_an_unban_lifts_holds_and_is_recorded_with_the_users_name(redis: Any, desk: OperatorDesk) -> None:
    desk.extend("alice", [CLIENT], 600, "noisy")
    assert desk.standings([CLIENT])[CLIENT].state == "banned"
    assert "within 3 s" in desk.unban("bob", [CLIENT], "customer called")
    assert desk.standings([CLIENT])[CLIENT].state.startswith("unbanned")
    assert "unban holds" in desk.explain(CLIENT)["sentence"]
    events = [(event["kind"], event["actor"], event["note"]) for event in recorded(redis)]
    assert events == [("ban_started", "alice", "noisy"), ("ban_lifted", "bob", "customer called")]


def test_extending_adds_to_what_is_left_of_a_ban(desk: OperatorDesk) -> None:
    desk.extend("alice", [CLIENT], 600, "why")
    desk.extend("alice", [CLIENT], 300, "why")
    left = desk.standings([CLIENT])[CLIENT].until - time.time()
    assert 890 < left < 905


def test_allow_listing_forgets_the_ban_and_can_be_taken_back(redis: Any, desk: OperatorDesk) -> None:
    desk.extend("alice", [CLIENT, "2001:db8:1:2::9"], 600, "why")
    desk.put_on_list("alice", "allow", [CLIENT, "2001:db8:1:2::/64"], None, "office")
    standings = desk.standings([CLIENT, "2001:db8:1:2::/64", "nonsense"])
    assert {name: one.state for name, one in standings.items()} == {
        CLIENT: "allow-listed",
        "2001:db8:1:2::/64": "allow-listed",
    }
    assert {one.network for one in desk.listings()} == {f"{CLIENT}/32", "2001:db8:1:2::/64"}
    desk.take_off_list("alice", "allow", CLIENT, "moved out")
    assert desk.standings([CLIENT])[CLIENT].state == "not banned"
    with pytest.raises(DeskError, match="not on the allow-list"):
        desk.take_off_list("alice", "allow", CLIENT, "again")
    assert [event["kind"] for event in recorded(redis)][-1] == "delisted"


def test_an_explanation_has_all_that_the_page_draws(desk: OperatorDesk) -> None:
    known = desk.explain(CLIENT)
    assert known["sentence"] == "not seen lately"
    assert 0 < known["observe_at"] <= known["block_at"] <= 1
    assert {"contribution", "weight", "measured"} <= set(known["signals"]["burst"])


def test_dns_is_asked_once_about_a_page_that_stays_open(redis: Any, redis_url: str) -> None:
    records = {
        ("7.113.0.203.in-addr.arpa", "PTR"): ["7.spider.yandex.com."],
        ("7.spider.yandex.com", "A"): [CLIENT],
    }
    with dns_responder(records) as dns:
        desk = open_desk({"REDIS_URL": redis_url, "DECIDER_DNS": dns.address})
        told = {desk.identify(CLIENT, "YandexBot/3.0").sentence for _ in range(3)}
        assert told == {"Claims to be yandexbot: verified by reverse DNS."}
        assert sorted(kind for _, kind in dns.asked) == ["A", "PTR"]
        off = open_desk({"REDIS_URL": redis_url, "DECIDER_DNS": "off"})
        assert "unknown" in off.identify(CLIENT, "YandexBot/3.0").sentence
        assert len(dns.asked) == 2
