"""Numbers and moments as people read them."""

import pytest

from dash_app import texts
from decider.core.security_event import EventKind, Reason, SecurityEvent


@pytest.mark.parametrize(("usd", "text"), [(0, "$ 0.00"), (1234.5, "$ 1,234.50"), (0.0612, "$ 0.061")])
def test_small_sums_keep_two_digits(usd: float, text: str) -> None:
    assert texts.dollars(usd) == text


def test_a_sum_too_small_to_print_is_not_printed_as_nothing() -> None:
    assert texts.dollars(0.000_001) == "< $ 0.0001"


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (138, 100, "▲ 38 % more than in the hour before"),
        (60, 100, "▼ 40 % fewer than in the hour before"),
        (1_001, 1_000, "= as many as in the hour before"),
        (50_000, 100, "▲ 500 times as many as in the hour before"),
        (7, 0, "none in the hour before"),
        (0, 0, "none in the hour before either"),
        (0, 7, "▼ 100 % fewer than in the hour before"),
    ],
)
def test_a_change_says_its_direction_in_sign_and_word(now: float, before: float, text: str) -> None:
    assert texts.change(now, before, "in the hour before") == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (119, "119 s"), (600, "10 min"), (86_400, "24 h"), (200_000, "2 d")]
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert texts.duration(seconds) == text


@pytest.mark.parametrize(
    ("kind", "until", "state"),
    [
        (EventKind.BAN_STARTED, 160, "banned, 60 s left"),
        (EventKind.BAN_STARTED, 99, "ended"),
        (EventKind.WOULD_BLOCK, 160, "observed"),
        (EventKind.WOULD_BLOCK, 99, "observed, ended"),
        (EventKind.BAN_LIFTED, 700, "lifted"),
    ],
)
def test_a_ban_says_what_became_of_it(kind: EventKind, until: float, state: str) -> None:
    assert texts.ban_state(SecurityEvent(kind=kind, ts=50, until=until), now=100) == state


def test_reasons_name_signals_or_the_person_who_acted() -> None:
    scored = SecurityEvent(kind=EventKind.BAN_STARTED, ts=0, reasons=(Reason("burst", 0.951),))
    by_hand = SecurityEvent(kind=EventKind.BAN_STARTED, ts=0, actor="ann", note="fraud")
    assert texts.reasons(scored) == "burst 0.95"
    assert texts.reasons(by_hand) == "ann: fraud"
