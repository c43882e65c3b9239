"""Verdict -> 204 or 403 and the decision headers. Never a body: with one, Nginx drops the connection."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import Any

import falcon
from falcon.asgi import Request, Response

from decider.core.errors import MalformedRequest
from decider.core.verdict import Answer, Cause, Verdict
from decider.decide import Decider
from decider.web.nginx_request import read_facts

CLIENT_CAUSES = frozenset({Cause.SCORE, Cause.BAN, Cause.DENY_LIST})  # these hold for the next request, too

LOG = logging.getLogger("decider.web")


class DecisionResource:
    """``GET /v1/decide``. ``allow_status`` is 204, or 200 for callers that accept nothing else."""

    def __init__(self, decider: Decider, allow_status: int) -> None:
        self._decider = decider
        self._allow_status = allow_status

    async def on_get(self, request: Request, response: Response) -> None:
        """Decide one subrequest. Whatever goes wrong, the answer is the policy's, never a 5xx."""
        started = perf_counter()
        try:
            verdict = await self._decider.decide(read_facts(request.scope["headers"]))
        except MalformedRequest as error:
            verdict = self._decider.decide_malformed(error.code)
        except Exception as error:  # noqa: BLE001  a 5xx would let one crafted request open nginx's breaker
            LOG.error("decision_error error=%r", error)
            verdict = self._decider.decide_after_error()
        self._answer(verdict, response)
        self._decider.totals.answers[verdict.answer] += 1
        self._decider.totals.took(perf_counter() - started)

    def _answer(self, verdict: Verdict, response: Response) -> None:
        headers: dict[str, Any] = {
            "X-Decider-Verdict": verdict.answer.value,
            "X-Threat-Score": f"{verdict.score:.2f}",
            "X-Decider-Reasons": ",".join(f"{one.signal}={one.contribution:.2f}" for one in verdict.reasons),
        }
        if verdict.answer is Answer.BLOCK:
            headers["Retry-After"] = str(verdict.retry_after_seconds)
            if self._may_be_cached(verdict):
                headers["X-Accel-Expires"] = str(self._decider.policy.deny_cache_seconds)
            response.status = falcon.HTTP_403
        else:
            response.status = self._allow_status
        response.set_headers(headers)

    def _may_be_cached(self, verdict: Verdict) -> bool:
        """Nginx keeps a denial for the client, not for the route or the request that earned it."""
        return verdict.cause in CLIENT_CAUSES and self._decider.policy.one_mode
