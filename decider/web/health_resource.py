"""Is the worker alive, is it ready, and what has it counted: /healthz, /readyz, /metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import falcon
from falcon.asgi import Request, Response

ReadyChecks = Callable[[], Awaitable[dict[str, str]]]


class LivenessResource:
    """``GET /healthz``: 200 while the event loop turns."""

    async def on_get(self, request: Request, response: Response) -> None:
        """Say that we live."""
        response.media = {"status": "alive"}


class ReadinessResource:
    """``GET /readyz``: 200 when every part is ``ok`` or has a stand-in, 503 while one is ``missing``.

    ``checks`` answers part -> ``ok`` | ``degraded: ...`` | ``missing: ...``. Redis away is degraded, not
    missing: requests are still decided, and taking the worker out would open the gate instead.
    """

    def __init__(self, checks: ReadyChecks) -> None:
        self._checks = checks

    async def on_get(self, request: Request, response: Response) -> None:
        """Say which parts are ready."""
        parts = await self._checks()
        ready = not any(state.startswith("missing") for state in parts.values())
        response.status = falcon.HTTP_200 if ready else falcon.HTTP_503
        response.media = {"ready": ready, "parts": parts}


class MetricsResource:
    """``GET /metrics``: Prometheus text of all workers of this node, from their heartbeats."""

    def __init__(self, render: Callable[[], Awaitable[str]]) -> None:
        self._render = render

    async def on_get(self, request: Request, response: Response) -> None:
        """Render the metrics."""
        response.content_type = "text/plain; version=0.0.4; charset=utf-8"
        response.text = await self._render()
