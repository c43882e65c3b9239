"""What a scenario is held to: the verdict each client has a right to, judged on decided requests alone."""

from collections import Counter

import pytest

from load.ledger import Ledger
from load.scenario import Outcome, Scenario, judge

ADDRESS = "203.0.113.9"


class Client:
    """Stands for a locust user, whose import would replace the socket module for the whole test run."""

    kind = "client"


BLOCKED = Scenario("bot", Client, "block", let_through=10)
ALLOWED = Scenario("person", Client, "allow", has_orders=True)


def outcome(
    scenario: Scenario, statuses: list[int], orders: tuple[int, int] = (0, 0), undecided: int = 0
) -> Outcome:
    ledger = Ledger()
    account = ledger.account(scenario.kind, ADDRESS)
    for number, status in enumerate(statuses):
        account.note(status, 100.0 + number / 2)
    account.orders_tried, account.orders_completed = orders
    return judge(scenario, ledger, Counter({ADDRESS: undecided, "203.0.113.10": 50}))


@pytest.mark.parametrize(
    ("statuses", "undecided", "fault"),
    [
        ([200] * 10 + [403] * 90, 0, ""),
        ([200] * 11 + [403] * 89, 0, "11 passed"),
        ([200] * 11 + [403] * 89, 1, ""),  # what nobody decided on says nothing of the verdict
        ([200] * 5, 0, "never blocked"),
        ([200] * 60 + [403] * 40, 55, "shows nothing: too much was not decided"),
        ([403] * 9 + [502], 0, "1 without a proper answer"),
        ([], 0, "nothing was sent"),
    ],
)
def test_a_bot_must_be_blocked_before_too_much_passes(
    statuses: list[int], undecided: int, fault: str
) -> None:
    assert outcome(BLOCKED, statuses, undecided=undecided).fault == fault


@pytest.mark.parametrize(
    ("statuses", "orders", "fault"),
    [
        ([200] * 10, (2, 2), ""),
        ([200] * 10, (2, 1), "1 of 2 orders"),
        ([200] * 10, (0, 0), "0 of 0 orders"),  # nobody got that far
        ([200] * 9 + [403], (1, 1), "1 blocked"),
        ([200] * 9 + [0], (1, 1), "1 without a proper answer"),
    ],
)
def test_a_person_must_pass_with_every_request_and_order(
    statuses: list[int], orders: tuple[int, int], fault: str
) -> None:
    assert outcome(ALLOWED, statuses, orders).fault == fault


def test_the_pace_that_was_offered_is_told() -> None:
    assert outcome(BLOCKED, [403] * 21).per_second == pytest.approx(2.1)
