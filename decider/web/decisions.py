"""Subrequest headers -> verdict -> reply headers: what every way of asking for a decision shares."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import TypeVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from decider.core.errors import MalformedRequest
from decider.core.request_facts import RequestFacts
from decider.core.verdict import ALLOWED, Answer, Cause, Verdict
from decider.decide import Answered, Decider
from decider.web.admission import Admission
from decider.web.nginx_request import read_facts

# most replies: an allowed client about whom nothing was said
NOTHING_TO_SAY: Mapping[str, str] = {
    "X-Decider-Verdict": Answer.ALLOW.value,
    "X-Threat-Score": "0.00",
    "X-Decider-Reasons": "",
}
NO_CONTENT = 204
# these hold for the next request, too
CLIENT_CAUSES = frozenset({Cause.SCORE, Cause.BAN, Cause.VISITOR_BAN, Cause.DENY_LIST})

Asked = TypeVar("Asked")  # a subrequest in the form that its reader takes


class Decisions:
    """``allow_status`` is 204, or 200 for callers that accept nothing else; ``clock`` counts seconds."""

    def __init__(
        self, decider: Decider, allow_status: int, clock: Callable[[], float] = perf_counter
    ) -> None:
        self._decider = decider
        self._clock = clock
        self._allow_status = allow_status
        self._admission = Admission()
        self._allowed = self._written(ALLOWED)

    async def decide(self, headers: Iterable[tuple[bytes, bytes]]) -> Verdict:
        """The verdict on one subrequest, from its headers with names in lower case."""
        verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self.ask(read_facts, headers, lambda given: None if verdict.done() else verdict.set_result(given))
        return await verdict

    def ask(self, read: Callable[[Asked], RequestFacts], asked: Asked, answer: Answered) -> None:
        """Decide one subrequest and give the verdict to ``answer``, once, now or later.

        ``read`` makes facts of what was asked, or raises MalformedRequest. Whatever goes wrong, the answer is
        the policy's; too many at once are shed.
        """
        started, admission, decider = self._clock(), self._admission, self._decider
        number, is_crowded = admission.begin(started), admission.is_crowded(started)
        is_decided = False

        def decided(verdict: Verdict) -> None:
            nonlocal is_decided
            is_decided = True
            now = self._clock()
            admission.end(number, now, was_decided=not is_crowded)
            decider.totals.decided(verdict.answer, now - started)
            answer(verdict)

        try:
            facts = read(asked)
            if not is_crowded:
                decider.decide(facts, decided)
                return
            verdict = decider.shed(facts)
        except MalformedRequest as error:
            verdict = decider.decide_malformed(error.code)
        except Exception as error:  # noqa: BLE001  a 5xx would let one crafted request open nginx's breaker
            verdict = decider.decide_after_error(error)
            if is_decided:
                return  # it was the reply that could not be written
        decided(verdict)

    def reply(self, verdict: Verdict) -> bytes:
        """The whole reply, as HTTP/1.1 writes it."""
        if verdict is ALLOWED:
            return self._allowed
        return self._written(verdict)

    def _written(self, verdict: Verdict) -> bytes:
        status = self.status(verdict)
        lines = [f"{name}: {value}\r\n" for name, value in self.headers(verdict).items()]
        lines.append("\r\n" if status == NO_CONTENT else "Content-Length: 0\r\n\r\n")
        return STATUS_LINE[status] + "".join(lines).encode()

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
