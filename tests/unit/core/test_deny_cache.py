"""What Nginx repeats by itself is over before an operator's word is three seconds old."""

from math import floor
from random import Random

import pytest

from decider.core.deny_cache import EFFECT_SECONDS, deny_cache_seconds

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


def test_a_block_is_not_repeated_long_after_its_ban() -> None:
    assert deny_cache_seconds(2, 1000.2, 1000.05, 1) == 1
    assert deny_cache_seconds(2, 1000.2, 1000.05, 0) == 1


def test_nothing_outlives_the_reading_of_the_lists_by_three_seconds() -> None:
    random = Random(7)
    for _ in range(10_000):
        lists_read_at = 1000 + random.random()
        now = lists_read_at + random.random()
        kept = now + 0.1 * random.random()  # when it has reached Nginx
        seconds = deny_cache_seconds(2, now, lists_read_at, LONG_BAN)
        assert seconds == 0 or floor(kept) + seconds + 1 <= lists_read_at + EFFECT_SECONDS
