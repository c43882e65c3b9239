"""The order that decides: allow-list > operator unban > deny-list > running ban > score."""

from dataclasses import replace
from typing import Any

import pytest

from decider.core import verdict as module
from decider.core.evidence import Evidence
from decider.core.policy import Mode, Policy, RouteClass
from decider.core.score import score
from decider.core.tally import Tally
from decider.core.verdict import Answer, Cause, Standing, Verdict, malformed
from decider.policy_source import load_policy
from tests.unit.core.tallies import NOW_MS, tally_of

POLICY = load_policy(None)
NOW = int(NOW_MS / 1000)
CALM = [(0.0, RouteClass.PAGE)]
ATTACK = [(0.0, RouteClass.SENSITIVE)] * 50
BANNED = {"ban_until": NOW + 30, "ban_seconds": 60, "ban_count": 1, "ban_enforced": True}
WATCHED = BANNED | {"ban_enforced": False}
UNBANNED = {"hold_until": NOW + 60}
ALLOWED, DENIED, EXEMPT, NOBODY = Standing("allow"), Standing("deny"), Standing(exempt=True), Standing()
ENFORCE, OBSERVE = Mode.ENFORCE, Mode.OBSERVE
Requests = list[tuple[float, RouteClass]]


def judge(standing: Standing, tally: Tally, mode: Mode, policy: Policy = POLICY) -> Verdict:
    case = module.Case(tally, mode, lambda: score(Evidence(tally, policy.cost), policy))
    return module.judge(standing, case, policy)


@pytest.mark.parametrize(
    ("standing", "requests", "record", "mode", "answer", "cause"),
    [
        (NOBODY, CALM, {}, ENFORCE, Answer.ALLOW, Cause.SCORE),
        (NOBODY, ATTACK, {}, ENFORCE, Answer.BLOCK, Cause.SCORE),
        (NOBODY, ATTACK, {}, OBSERVE, Answer.WOULD_BLOCK, Cause.SCORE),
        (NOBODY, CALM, BANNED, ENFORCE, Answer.BLOCK, Cause.BAN),
        (NOBODY, CALM, BANNED, OBSERVE, Answer.WOULD_BLOCK, Cause.BAN),
        (NOBODY, CALM, WATCHED, ENFORCE, Answer.ALLOW, Cause.SCORE),  # observed only: the score decides
        (NOBODY, ATTACK, WATCHED, ENFORCE, Answer.BLOCK, Cause.SCORE),
        (NOBODY, ATTACK, WATCHED, OBSERVE, Answer.WOULD_BLOCK, Cause.BAN),
        (NOBODY, CALM, BANNED | {"ban_until": NOW}, ENFORCE, Answer.ALLOW, Cause.SCORE),  # it has ended
        (DENIED, CALM, {}, ENFORCE, Answer.BLOCK, Cause.DENY_LIST),
        (DENIED, CALM, {}, OBSERVE, Answer.WOULD_BLOCK, Cause.DENY_LIST),
        (DENIED, CALM, BANNED, ENFORCE, Answer.BLOCK, Cause.DENY_LIST),
        (DENIED, ATTACK, UNBANNED, ENFORCE, Answer.ALLOW, Cause.UNBAN),
        (NOBODY, ATTACK, BANNED | UNBANNED, ENFORCE, Answer.ALLOW, Cause.UNBAN),
        (NOBODY, ATTACK, {"hold_until": NOW}, ENFORCE, Answer.BLOCK, Cause.SCORE),  # the hold has ended
        (ALLOWED, ATTACK, BANNED, ENFORCE, Answer.ALLOW, Cause.ALLOW_LIST),
        (EXEMPT, ATTACK, {}, ENFORCE, Answer.ALLOW, Cause.EXEMPT),
        (EXEMPT, CALM, BANNED, ENFORCE, Answer.BLOCK, Cause.BAN),  # by an operator's hand: nobody else can
    ],
)
def test_the_first_rule_of_the_order_that_applies_decides(
    standing: Standing, requests: Requests, record: dict[str, Any], mode: Mode, answer: Answer, cause: Cause
) -> None:
    verdict = judge(standing, tally_of(requests, **record), mode)
    assert (verdict.answer, verdict.cause) == (answer, cause)


@pytest.mark.parametrize("mode", [ENFORCE, OBSERVE])
def test_only_a_score_over_the_threshold_starts_a_ban_and_the_route_decides_whether_it_is_enforced(
    mode: Mode,
) -> None:
    assert judge(NOBODY, tally_of(CALM), mode).new_ban is None
    ban = judge(NOBODY, tally_of(ATTACK), mode).new_ban
    assert ban is not None and ban.enforced is (mode is ENFORCE)
    assert judge(EXEMPT, tally_of(ATTACK), mode).new_ban is None


def test_signals_that_only_observe_never_block_but_are_shown() -> None:
    signals = {name: replace(one, mode=OBSERVE) for name, one in POLICY.signals.items()}
    verdict = judge(NOBODY, tally_of(ATTACK), ENFORCE, replace(POLICY, signals=signals))
    assert verdict.answer is Answer.WOULD_BLOCK
    assert verdict.score >= POLICY.block_at and verdict.reasons


@pytest.mark.parametrize(("until", "seconds"), [(None, 3_600), (NOW + 90.5, 91), (NOW + 0.2, 1)])
def test_a_refused_client_is_told_when_to_come_back(until: float | None, seconds: int) -> None:
    verdict = judge(Standing("deny", until), tally_of(CALM), ENFORCE)
    assert verdict.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("answer", "malformed_mode", "mode"),
    [
        (Answer.BLOCK, ENFORCE, ENFORCE),
        (Answer.ALLOW, ENFORCE, OBSERVE),
        (Answer.ALLOW, OBSERVE, ENFORCE),
    ],
)
def test_what_cannot_be_read_is_refused_only_where_everything_is_enforced(
    answer: Answer, malformed_mode: Mode, mode: Mode
) -> None:
    assert malformed(replace(POLICY, malformed=malformed_mode, mode=mode)).answer is answer
