"""What the product promises about an attack, and whether a run kept it."""

from __future__ import annotations

from dataclasses import dataclass

from load.ledger import Ledger

FIRST_BLOCK_REQUESTS = 20  # a bot at 50 requests a second is cut off within this many
FIRST_BLOCK_SECONDS = 0.5
PEOPLE = ("human", "office")


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, whether it was kept, and what was measured."""

    text: str
    kept: bool
    measured: str


def check(ledger: Ledger) -> list[Promise]:
    """Every promise against what happened."""
    people = [one for kind in PEOPLE for one in ledger.of_kind(kind)]
    blocked = sum(one.blocked for one in people)
    failed = sum(one.failed for one in people)
    requests = sum(one.requests for one in people)
    tried = sum(one.orders_tried for one in people)
    completed = sum(one.orders_completed for one in people)
    return [
        *_bot_promises(ledger),
        Promise(
            "no request of a person is blocked", requests > 0 and blocked == 0, f"{blocked} of {requests:,}"
        ),
        Promise("no request of a person fails", requests > 0 and failed == 0, f"{failed} of {requests:,}"),
        Promise(
            "every order of a person completes", tried > 0 and completed == tried, f"{completed} of {tried}"
        ),
    ]


def _bot_promises(ledger: Ledger) -> list[Promise]:
    promises = []
    for bot in ledger.of_kind("sneaker bot"):
        after, seconds = bot.first_block_after_requests, bot.first_block_after_seconds
        if after is None or seconds is None:
            return [Promise("the bot is cut off", False, f"never, in {bot.requests:,} requests")]
        promises = [
            Promise(
                f"the bot's first 403 comes within {FIRST_BLOCK_REQUESTS} requests",
                after <= FIRST_BLOCK_REQUESTS,
                f"request {after}",
            ),
            Promise(
                f"and within {FIRST_BLOCK_SECONDS} s", seconds <= FIRST_BLOCK_SECONDS, f"{seconds:.2f} s"
            ),
            Promise("the bot completes no order", bot.orders_completed == 0, f"{bot.orders_completed}"),
        ]
    return promises
