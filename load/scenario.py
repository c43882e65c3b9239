"""A scenario: who plays it, and the verdict that every one of its clients has a right to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from load.ledger import ClientAccount, Ledger

MOST_UNDECIDED = 0.3  # share of fail-open above which a run on a busy machine proves nothing


@dataclass(frozen=True, slots=True)
class Scenario:
    """``let_through``: the most requests of all its clients together that may be decided to pass before
    everything is blocked (block only). ``alone``: plays in a round of its own.
    """

    name: str
    user_class: type[Any]
    verdict: Literal["allow", "block"]
    let_through: int = 0
    has_orders: bool = False
    alone: bool = False

    @property
    def kind(self) -> str:
        """The name of its accounts."""
        return str(self.user_class.kind)

    @property
    def expected(self) -> str:
        """The expectation in words."""
        if self.verdict == "allow":
            return "allow all, every order" if self.has_orders else "allow all"
        return f"block, at most {self.let_through} pass"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to all clients of a scenario. ``undecided``: passed by fail-open, part of ``allowed``.
    ``first_block_after_*`` is told where it was one client;
    ``per_second`` is what was offered between the first and the last request."""

    name: str
    expected_verdict: str
    expected: str
    clients: int
    requests: int
    allowed: int
    blocked: int
    failed: int
    undecided: int
    per_second: float
    first_block_after_requests: int | None
    first_block_after_seconds: float | None
    orders_tried: int
    orders_completed: int
    fault: str  # what is wrong, empty where nothing is

    @property
    def kept(self) -> bool:
        """Whether the expected verdict came."""
        return not self.fault


def judge(scenario: Scenario, ledger: Ledger, fail_open: Counter[str]) -> Outcome:
    """The outcome of a scenario that was played; ``fail_open``: requests nobody decided on, by address."""
    accounts = ledger.of_kind(scenario.kind)
    requests, allowed, blocked, failed, tried, completed = (
        sum(getattr(one, name) for one in accounts)
        for name in ("requests", "allowed", "blocked", "failed", "orders_tried", "orders_completed")
    )
    single = accounts[0] if len(accounts) == 1 else ClientAccount(scenario.kind, "")
    undecided = sum(fail_open[one.address] for one in accounts)
    if not requests or failed:
        fault = f"{failed} without a proper answer" if requests else "nothing was sent"
    elif undecided > MOST_UNDECIDED * requests:
        fault = "shows nothing: too much was not decided"
    elif scenario.verdict == "block":
        fault = _why_not_blocked(scenario, allowed - undecided, blocked)
    else:
        fault = _why_not_allowed(scenario, blocked, tried, completed)
    return Outcome(
        scenario.name,
        scenario.verdict,
        scenario.expected,
        len(accounts),
        requests,
        allowed,
        blocked,
        failed,
        undecided,
        _per_second(accounts),
        single.first_block_after_requests,
        single.first_block_after_seconds,
        tried,
        completed,
        fault,
    )


def _why_not_blocked(scenario: Scenario, allowed: int, blocked: int) -> str:
    if not blocked:
        return "never blocked"
    return f"{allowed} passed" if allowed > scenario.let_through else ""


def _why_not_allowed(scenario: Scenario, blocked: int, tried: int, completed: int) -> str:
    if blocked:
        return f"{blocked} blocked"
    lost = scenario.has_orders and (not tried or completed < tried)
    return f"{completed} of {tried} orders" if lost else ""


def _per_second(accounts: list[ClientAccount]) -> float:
    firsts = [one.first_request for one in accounts if one.first_request is not None]
    lasts = [one.last_request for one in accounts if one.last_request is not None]
    if not firsts or max(lasts) <= min(firsts):
        return 0.0
    return round(sum(one.requests for one in accounts) / (max(lasts) - min(firsts)), 1)
