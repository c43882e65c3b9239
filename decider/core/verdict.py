"""The verdict: allow-list > operator unban > deny-list > running ban (address, then visitor) > score.

That order is the promise of the product: whoever the operator lets in gets in, whatever was measured.
Users of other systems were hurt by the opposite (a ban checked before the allow-list).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from typing import NamedTuple

from decider.core.ban import Ban, next_ban
from decider.core.client_key import ClientKey
from decider.core.policy import Mode, Policy
from decider.core.score import NOTHING, Score
from decider.core.security_event import Reason
from decider.core.tally import Tally
from decider.core.visitor import Visitor, is_banned, may_be_banned_alone

Measure = Callable[[], Score]

DENY_LIST_RETRY_SECONDS = 3_600  # what a client on a deny-list without end is told; it may ask again hourly


class Answer(StrEnum):
    """What Nginx is told."""

    ALLOW = "allow"
    BLOCK = "block"
    WOULD_BLOCK = "would-block"
    FAIL_OPEN = "fail-open"  # let through without a decision, and Nginx is told so


class Cause(StrEnum):
    """Which rule of the order decided."""

    ALLOW_LIST = "allow_list"
    UNBAN = "unban"
    DENY_LIST = "deny_list"
    BAN = "ban"
    VISITOR_BAN = "visitor_ban"
    SCORE = "score"
    EXEMPT = "exempt"
    MALFORMED = "malformed"
    OVERLOAD = "overload"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the operator says of an address: listed ``allow`` or ``deny`` until an epoch second; exempt
    networks and verified crawlers are never banned for their score."""

    listed: str = ""
    listed_until: float | None = None
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, what decided it, its score and reasons; a ``new_ban`` still has to be started:
    of the client, or of ``banned_visitor`` alone. ``is_degraded``: said without Redis, from what one worker
    remembers."""

    answer: Answer
    cause: Cause
    score: float = 0.0
    reasons: tuple[Reason, ...] = ()
    retry_after_seconds: int = 0
    new_ban: Ban | None = None
    banned_visitor: ClientKey | None = None
    is_degraded: bool = False


NOBODY = Standing()
OVERLOADED = Verdict(Answer.FAIL_OPEN, Cause.OVERLOAD)
ALLOW_LISTED = Verdict(Answer.ALLOW, Cause.ALLOW_LIST)
ALLOWED = Verdict(Answer.ALLOW, Cause.SCORE)  # nothing at all was said: one for all, because most are


class Case(NamedTuple):
    """A request that has just been counted: its client's tally, the mode of its route, what makes the score
    (which a running ban does not need), and who asks where several share the address."""

    tally: Tally
    mode: Mode
    measure: Measure
    visitor: Visitor | None = None


def judge(standing: Standing, case: Case, policy: Policy) -> Verdict:
    """The verdict on a request."""
    tally, mode = case.tally, case.mode
    now = tally.now_ms / 1000
    if standing.listed == "allow":
        return ALLOW_LISTED
    if tally.record.hold_until > now:
        return Verdict(Answer.ALLOW, Cause.UNBAN)
    if standing.listed == "deny":
        return _denied(standing, mode, now)
    if tally.record.ban_until > now and (tally.record.ban_enforced or mode is Mode.OBSERVE):
        return banned(tally, mode, now)
    if case.visitor is None:
        return _scored(standing, tally, mode, policy, case.measure())
    return _apart(standing, case, case.visitor, policy)


def malformed(policy: Policy) -> Verdict:
    """The policy's answer to a request that no facts can be read from."""
    if policy.malformed is Mode.ENFORCE and policy.mode is Mode.ENFORCE:
        return Verdict(Answer.BLOCK, Cause.MALFORMED, retry_after_seconds=1)
    return Verdict(Answer.ALLOW, Cause.MALFORMED)


def _denied(standing: Standing, mode: Mode, now: float) -> Verdict:
    end = now + DENY_LIST_RETRY_SECONDS if standing.listed_until is None else standing.listed_until
    return _refused(Cause.DENY_LIST, mode, ceil(end - now))


def banned(tally: Tally, mode: Mode, now: float) -> Verdict:
    """The verdict on a client whose ban runs."""
    return _refused(Cause.BAN, mode, ceil(tally.record.ban_until - now))


def _refused(cause: Cause, mode: Mode, seconds: int) -> Verdict:
    answer = Answer.BLOCK if mode is Mode.ENFORCE else Answer.WOULD_BLOCK
    return Verdict(answer, cause, 1.0, (Reason(cause.value, 1.0),), max(seconds, 1))


def _scored(standing: Standing, tally: Tally, mode: Mode, policy: Policy, measured: Score) -> Verdict:
    now = tally.now_ms / 1000
    if measured is NOTHING:
        return ALLOWED
    if measured.value < policy.block_at:
        return Verdict(Answer.ALLOW, Cause.SCORE, measured.value, measured.reasons)
    if standing.exempt:
        return Verdict(Answer.ALLOW, Cause.EXEMPT, measured.value, measured.reasons)
    enforced = mode is Mode.ENFORCE and measured.enforced >= policy.block_at
    if tally.record.ban_until > now and not enforced:
        return Verdict(Answer.WOULD_BLOCK, Cause.BAN, measured.value, measured.reasons)
    return _new_ban(measured, tally, policy, now, enforced)


def _apart(standing: Standing, case: Case, visitor: Visitor, policy: Policy) -> Verdict:
    """A visitor that shows the abuse by itself is banned alone; what it does not explain is its address's.

    The address is over the limit a request sooner than the visitor, whose colleagues it has counted, too: who
    is suspect by itself then is the one.
    """
    tally, mode = case.tally, case.mode
    now, until = tally.now_ms / 1000, visitor.tally.record.ban_until
    if is_banned(visitor, tally, observes=mode is Mode.OBSERVE):
        return _refused(Cause.VISITOR_BAN, mode, ceil(until - now))
    own = visitor.measure()
    if own.value < policy.block_at:
        whole = case.measure()
        if whole.value < policy.block_at or own.value < policy.observe_at:
            return _scored(standing, tally, mode, policy, whole)
        own = whole
    if standing.exempt or not may_be_banned_alone(tally, policy):
        return _scored(standing, tally, mode, policy, own)
    enforced = mode is Mode.ENFORCE and own.enforced >= policy.block_at
    if until > now and not enforced and tally.record.ban_count:
        return Verdict(Answer.WOULD_BLOCK, Cause.VISITOR_BAN, own.value, own.reasons)
    return replace(_new_ban(own, tally, policy, now, enforced), banned_visitor=visitor.key)


def _new_ban(measured: Score, tally: Tally, policy: Policy, now: float, enforced: bool) -> Verdict:
    ban = next_ban(tally.record, policy.ban, now, enforced)
    answer = Answer.BLOCK if enforced else Answer.WOULD_BLOCK
    return Verdict(answer, Cause.SCORE, measured.value, measured.reasons, ban.seconds if enforced else 0, ban)
