"""What Nginx repeats by itself is over before an operator's word is three seconds old."""

from math import ceil, floor
from random import Random

import pytest

from decider.core.deny_cache import EFFECT_SECONDS, Keeping, Look, deny_cache_seconds, keeping

LONG_BAN = 600


@pytest.mark.parametrize(
    ("most", "now", "lists_read_at", "seconds"),
    [
        (2, 1000.10, 1000.05, 2),  # gone at 1003.0
        (2, 1000.89, 1000.05, 2),
        (2, 1000.95, 1000.05, 1),  # in Nginx perhaps only at 1001.0: with 2 it would be gone at 1004.0
        (2, 1001.04, 1000.05, 1),
        (2, 1001.10, 1001.05, 2),
        (2, 1001.95, 1000.95, 0),  # lists that were read late in a second allow the less
        (2, 1009.00, 1000.05, 1),  # Redis is away: nobody can lift a ban either
        (2, 1009.00, 0.0, 1),
        (1, 1000.10, 1000.05, 1),
        (0, 1000.10, 1000.05, 0),
        (0, 1009.00, 1000.05, 0),
    ],
)
def test_the_time_goes_by_when_the_lists_were_read(
    most: int, now: float, lists_read_at: float, seconds: int
) -> None:
    assert deny_cache_seconds(most, now, lists_read_at, LONG_BAN) == seconds


@pytest.mark.parametrize("has_lease", [False, True])
def test_a_block_is_never_repeated_after_its_ban(has_lease: bool) -> None:
    random = Random(8)
    for _ in range(10_000):
        now = 1000 + random.random()
        until = floor(now) + random.randint(1, 90)
        kept = now + 0.1 * random.random()
        left = ceil(until - now)
        seconds, _ = keeping(20, now, Look(1000.0, has_lease), left)
        assert seconds == 0 or floor(kept) + seconds + 1 <= until
    assert deny_cache_seconds(2, 1000.2, 990.0, 2) == 0


def test_a_block_that_can_be_called_back_lasts_longer() -> None:
    assert keeping(20, 1000.2, Look(1000.05, has_lease=True), LONG_BAN) == Keeping(20, is_leased=True)
    assert keeping(20, 1000.2, Look(1000.05, has_lease=False), LONG_BAN) == Keeping(2, is_leased=False)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (1000.2, Keeping(0, is_leased=False)),  # a moment without Redis: it may know of an unban
        (1002.4, Keeping(0, is_leased=False)),
        (1003.0, Keeping(1, is_leased=False)),  # away for long: nobody can lift anything
    ],
)
def test_a_block_from_a_workers_own_memory_is_not_repeated_while_redis_may_know_better(
    now: float, expected: Keeping
) -> None:
    assert keeping(20, now, Look(1000.0, has_lease=True, is_degraded=True), LONG_BAN) == expected


def test_clients_blocked_together_are_not_all_asked_about_together() -> None:
    look = Look(1000.05, has_lease=True)
    times = [keeping(20, 1000.2, look, LONG_BAN, number).seconds for number in range(20)]
    assert {seconds: times.count(seconds) for seconds in times} == dict.fromkeys(range(11, 21), 2)


@pytest.mark.parametrize(
    ("most", "now", "ban_seconds", "expected"),
    [
        (20, 1000.2, 36, Keeping(6, is_leased=True)),  # what Retry-After says is at most a sixth too much
        (20, 1000.2, 12, Keeping(2, is_leased=False)),
        (5, 1000.2, LONG_BAN, Keeping(5, is_leased=True)),
        (2, 1000.2, LONG_BAN, Keeping(2, is_leased=False)),
        (0, 1000.2, LONG_BAN, Keeping(0, is_leased=False)),
        (20, 1001.4, LONG_BAN, Keeping(20, is_leased=True)),
        (20, 1001.6, LONG_BAN, Keeping(1, is_leased=False)),  # a beat was missed: is the lease still there?
        (20, 1009.0, LONG_BAN, Keeping(1, is_leased=False)),
    ],
)
def test_the_lease_has_its_limits(most: int, now: float, ban_seconds: int, expected: Keeping) -> None:
    assert keeping(most, now, Look(1000.0, has_lease=True), ban_seconds) == expected


def test_nothing_outlives_the_reading_of_the_lists_by_three_seconds() -> None:
    random = Random(7)
    for _ in range(10_000):
        lists_read_at = 1000 + random.random()
        now = lists_read_at + random.random()
        kept = now + 0.1 * random.random()  # when it has reached Nginx
        seconds = deny_cache_seconds(2, now, lists_read_at, LONG_BAN)
        assert seconds == 0 or floor(kept) + seconds + 1 <= lists_read_at + EFFECT_SECONDS
