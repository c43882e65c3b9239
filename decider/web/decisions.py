"""Subrequest headers -> verdict -> reply headers: what every way of asking for a decision shares."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from time import perf_counter

from decider.core.errors import MalformedRequest
from decider.core.verdict import Answer, Cause, Verdict
from decider.decide import Decider
from decider.web.admission import Admission
from decider.web.nginx_request import read_facts

# most replies: an allowed client about whom nothing was said
NOTHING_TO_SAY: Mapping[str, str] = {
    "X-Decider-Verdict": Answer.ALLOW.value,
    "X-Threat-Score": "0.00",
    "X-Decider-Reasons": "",
}
# these hold for the next request, too
CLIENT_CAUSES = frozenset({Cause.SCORE, Cause.BAN, Cause.VISITOR_BAN, Cause.DENY_LIST})

LOG = logging.getLogger("decider.web")


class Decisions:
    """``allow_status`` is 204, or 200 for callers that accept nothing else."""

    def __init__(self, decider: Decider, allow_status: int) -> None:
        self._decider = decider
        self._allow_status = allow_status
        self._admission = Admission()

    async def decide(self, headers: Iterable[tuple[bytes, bytes]]) -> Verdict:
        """Decide one subrequest. Whatever goes wrong, the answer is the policy's; too many are shed."""
        started = perf_counter()
        number, is_crowded = self._admission.begin(started), self._admission.is_crowded(started)
        try:
            facts = read_facts(headers)
            if is_crowded:
                verdict = self._decider.shed(facts)
            else:
                verdict = await self._decider.decide(facts)
        except MalformedRequest as error:
            verdict = self._decider.decide_malformed(error.code)
        except Exception as error:  # noqa: BLE001  a 5xx would let one crafted request open nginx's breaker
            LOG.error("decision_error error=%r", error)
            verdict = self._decider.decide_after_error()
        finally:
            self._admission.end(number, perf_counter(), was_decided=not is_crowded)
        totals = self._decider.totals
        totals.answers[verdict.answer] += 1
        totals.took(perf_counter() - started)
        return verdict

    def status(self, verdict: Verdict) -> int:
        """The reply's status."""
        return 403 if verdict.answer is Answer.BLOCK else self._allow_status

    def headers(self, verdict: Verdict) -> Mapping[str, str]:
        """The reply's headers."""
        if verdict.answer is Answer.ALLOW and not verdict.reasons:
            return NOTHING_TO_SAY
        headers = {
            "X-Decider-Verdict": verdict.answer.value,
            "X-Threat-Score": f"{verdict.score:.2f}",
            "X-Decider-Reasons": ",".join(f"{one.signal}={one.contribution:.2f}" for one in verdict.reasons),
        }
        if verdict.answer is Answer.BLOCK:
            headers["Retry-After"] = str(verdict.retry_after_seconds)
            if self._may_be_cached(verdict):
                keeping = self._decider.keeping(verdict)
                headers["X-Accel-Expires"] = str(keeping.seconds)
                if keeping.is_leased:
                    headers["X-Decider-Lease"] = "1"
        return headers

    def _may_be_cached(self, verdict: Verdict) -> bool:
        """Nginx keeps a denial for the client, not for the route or the request that earned it.

        A visitor's first block is not kept: the log tells of those that are, and they would pass for its
        address's own.
        """
        if verdict.banned_visitor is not None:
            return False
        return verdict.cause in CLIENT_CAUSES and self._decider.policy.one_mode
