"""A flood of cached denies takes a bounded part of what counts answers."""

from __future__ import annotations

from redis.asyncio import Redis

from decider.core.access_line import AccessLine, Outcome
from decider.engine import Engine
from decider.knowledge import load_knowledge
from decider.policy_source import load_policy
from decider.recorder.feedback import DENIES_A_FLUSH, DENIES_OF_A_CLIENT, LINES_WAITING, Feedback
from decider.stores.redis_counters import RedisCounters
from decider.stores.redis_site import RedisSite


def feedback() -> Feedback:
    """Lines are noted only: no server is asked."""
    client = Redis(port=1)
    engine, counters = Engine(load_policy(None), load_knowledge()), RedisCounters(client, 1, 3_600)
    return Feedback(engine, counters, RedisSite(client, engine.site), lambda: None)


def deny(address: str) -> AccessLine:
    return AccessLine(address, "GET", "/", 403, Outcome.BLOCKED, "ban=1.00", True, 0.0, 0)


def test_a_clients_flood_is_counted_up_to_what_tells_its_pace() -> None:
    noted = feedback()
    for _ in range(DENIES_OF_A_CLIENT + 5):
        noted.note(deny("203.0.113.7"))
    noted.note(deny("203.0.113.8"))
    assert noted.dropped == 5


def test_a_deny_that_came_several_times_counts_as_often_as_it_came() -> None:
    noted = feedback()
    noted.note(deny("203.0.113.7"), 3)
    assert noted.dropped == 0
    noted.note(deny("203.0.113.7"), DENIES_OF_A_CLIENT)
    assert noted.dropped == 3


def test_many_clients_together_are_counted_up_to_what_redis_is_worth() -> None:
    noted = feedback()
    for number in range(DENIES_A_FLUSH + 7):
        noted.note(deny(f"198.51.{number // 256}.{number % 256}"))
    assert noted.dropped == 7


def test_what_was_let_in_or_decided_is_counted_however_many_denies_there_are() -> None:
    noted = feedback()
    for _ in range(DENIES_OF_A_CLIENT):
        noted.note(deny("203.0.113.7"))
    for _ in range(DENIES_OF_A_CLIENT + 5):
        noted.note(AccessLine("203.0.113.7", "GET", "/", 200, Outcome.ALLOWED, "", False, 0.1, 10))
        noted.note(AccessLine("203.0.113.7", "GET", "/", 403, Outcome.BLOCKED, "ban=1.00", False, 0.0, 0))
    assert noted.dropped == 0


def test_lines_beyond_what_waits_are_dropped_and_counted() -> None:
    noted = feedback()
    allowed = AccessLine("203.0.113.7", "GET", "/", 200, Outcome.ALLOWED, "", False, 0.1, 10)
    for _ in range(LINES_WAITING + 2):
        noted.note(allowed)
    noted.note(deny("203.0.113.7"), 3)
    assert noted.dropped == 5
