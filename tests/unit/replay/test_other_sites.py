"""The verdicts on sites that no labelled log shows: habits of people, programs and bots, in made-up logs."""

from collections.abc import Callable

import pytest

from tests.unit.replay import bad_habits, good_habits
from tests.unit.replay.site_log import AUDIENCE, SiteLog

LEAST_BLOCKED = 0.85  # of a bot's requests, over the whole habit
Habit = Callable[[SiteLog], str]


def name_of(habit: Habit) -> str:
    return habit.__name__


@pytest.mark.parametrize("habit", good_habits.HABITS, ids=name_of)
def test_people_and_honest_programs_pass(habit: Habit) -> None:
    log = SiteLog()
    address = habit(log)
    verdicts = log.verdicts()
    assert not verdicts[address].blocked, f"{verdicts[address].highest:.2f}: {verdicts[address].why}"
    assert not [name for name, one in verdicts.items() if name.startswith(AUDIENCE) and one.blocked]


@pytest.mark.parametrize("habit", bad_habits.HABITS, ids=name_of)
def test_bots_are_stopped(habit: Habit) -> None:
    log = SiteLog()
    address = habit(log)
    verdicts = log.verdicts()
    assert verdicts[address].blocked_share >= LEAST_BLOCKED, verdicts[address].why
    assert not [name for name, one in verdicts.items() if name.startswith(AUDIENCE) and one.blocked]
