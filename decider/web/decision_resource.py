"""``GET /v1/decide`` in Falcon. Never a body: with one, Nginx drops the connection.

Under gunicorn the protocol answers this path itself (``nginx_protocol.py``); this resource serves it under
any other ASGI server, with the same verdicts and headers.
"""

from __future__ import annotations

from falcon.asgi import Request, Response

from decider.web.decisions import Decisions


class DecisionResource:
    """Verdict -> 204 or 403 and the decision headers."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    async def on_get(self, request: Request, response: Response) -> None:
        """Decide one subrequest; never a 5xx."""
        verdict = await self._decisions.decide(request.scope["headers"])
        response.status = self._decisions.status(verdict)
        response.set_headers(self._decisions.headers(verdict))
