"""How many decisions are admitted at once: fewer when they take too long, more again when they do not."""

from decider.web.admission import LEAST_UNDER_WAY, LONGEST_SECONDS, MOST_UNDER_WAY, Admission

LATE = 2 * LONGEST_SECONDS
IN_TIME = LONGEST_SECONDS / 2


def begin(admission: Admission, count: int, now: float) -> list[int]:
    return [admission.begin(now) for _ in range(count)]


def end(admission: Admission, numbers: list[int], now: float) -> None:
    for number in numbers:
        admission.end(number, now, was_decided=True)


def test_as_many_as_the_limit_are_admitted_and_no_more() -> None:
    admission = Admission()
    begin(admission, MOST_UNDER_WAY, 10.0)
    assert not admission.is_crowded(10.0)
    begin(admission, 1, 10.0)
    assert admission.is_crowded(10.0)


def test_behind_one_that_waits_too_long_nobody_is_admitted() -> None:
    admission = Admission()
    waiting = begin(admission, 2, 10.0)
    assert not admission.is_crowded(10.0 + IN_TIME)
    assert admission.is_crowded(10.0 + LATE)
    end(admission, waiting, 10.0 + LATE)
    begin(admission, 1, 10.0 + LATE)
    assert not admission.is_crowded(10.0 + LATE)


def test_a_crowd_that_is_late_together_halves_the_limit_once() -> None:
    admission = Admission()
    end(admission, begin(admission, MOST_UNDER_WAY, 10.0), 10.0 + LATE)
    assert admission.limit == MOST_UNDER_WAY / 2


def test_the_limit_never_falls_below_one_trip_and_comes_back_by_itself() -> None:
    admission = Admission()
    now = 10.0
    for _ in range(20):
        end(admission, begin(admission, 4, now), now + LATE)
        now += 2 * LATE
    assert admission.limit == LEAST_UNDER_WAY
    end(admission, begin(admission, 20_000, now), now + IN_TIME)
    assert admission.limit == MOST_UNDER_WAY


def test_what_was_not_decided_does_not_raise_the_limit() -> None:
    admission = Admission()
    end(admission, begin(admission, 2, 10.0), 10.0 + LATE)
    before = admission.limit
    for number in begin(admission, 10_000, 20.0):
        admission.end(number, 20.0, was_decided=False)
    assert admission.limit == before
