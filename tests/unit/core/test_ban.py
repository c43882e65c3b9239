"""How long a ban lasts."""

import pytest

from decider.core.ban import next_ban
from decider.core.client_record import ClientRecord
from decider.core.policy import BanPolicy

HOUR = 3_600
NOW = 1_800_000_000


@pytest.mark.parametrize(
    ("had", "ended_hours_ago", "seconds", "count"),
    [
        (0, 0, 60, 1),  # a first ban
        (1, 0, 240, 2),  # back at once: four times as long
        (2, 0, 960, 3),
        (3, 0, 3_840, 4),
        (6, 0, 86_400, 7),  # never more than a day
        (2, 5.9, 960, 3),  # not yet six clean hours
        (2, 6.1, 240, 2),  # six clean hours forgive one repeat
        (2, 12.1, 60, 1),
        (5, 48, 60, 1),  # after days nothing is left
        (100, 0, 86_400, 100),  # the counter has an end
    ],
)
def test_a_ban_grows_with_repeats_and_is_forgotten_step_by_step(
    had: int, ended_hours_ago: float, seconds: float, count: int
) -> None:
    record = ClientRecord(ban_count=had, ban_until=int(NOW - ended_hours_ago * HOUR))
    ban = next_ban(record, BanPolicy(), NOW, enforced=True)
    assert (ban.seconds, ban.count, ban.until) == (seconds, count, NOW + seconds)
