"""What a run is held to: counted per client, and judged without mercy."""

import pytest

from load.ledger import Ledger
from load.promises import check

BOT, HUMAN = "sneaker bot", "human"


def ledger(bot_statuses: list[int], human_statuses: list[int], orders: tuple[int, int] = (1, 1)) -> Ledger:
    book = Ledger()
    for number, status in enumerate(bot_statuses):
        book.account(BOT, "203.0.113.1").note(status, 100.0 + number / 50)
    for number, status in enumerate(human_statuses):
        book.account(HUMAN, "198.51.100.1").note(status, 100.0 + number)
    account = book.account(HUMAN, "198.51.100.1")
    account.orders_tried, account.orders_completed = orders
    return book


def test_the_first_block_is_told_in_requests_and_seconds() -> None:
    account = ledger([200] * 10 + [403] * 5, []).account(BOT, "203.0.113.1")
    assert account.first_block_after_requests == 11
    assert account.first_block_after_seconds == pytest.approx(0.2)
    assert (account.requests, account.allowed, account.blocked, account.failed) == (15, 10, 5, 0)


@pytest.mark.parametrize("status", [0, 500, 502])
def test_no_answer_and_server_errors_are_failures_and_no_blocks(status: int) -> None:
    account = ledger([status], []).account(BOT, "203.0.113.1")
    assert (account.failed, account.blocked, account.allowed) == (1, 0, 0)


@pytest.mark.parametrize(
    ("bot", "human", "orders", "kept"),
    [
        ([200] * 10 + [403] * 90, [200] * 50, (1, 1), True),
        ([200] * 25 + [403] * 75, [200] * 50, (1, 1), False),  # cut off too late
        ([200] * 100, [200] * 50, (1, 1), False),  # never
        ([200] * 10 + [403] * 90, [200] * 49 + [403], (1, 1), False),  # one person blocked, once
        ([200] * 10 + [403] * 90, [200] * 49 + [502], (1, 1), False),
        ([200] * 10 + [403] * 90, [200] * 50, (2, 1), False),  # an order lost
    ],
)
def test_one_broken_promise_breaks_the_run(
    bot: list[int], human: list[int], orders: tuple[int, int], kept: bool
) -> None:
    assert all(one.kept for one in check(ledger(bot, human, orders))) is kept
