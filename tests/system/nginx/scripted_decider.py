"""A decider whose answers a test scripts: ``decider.answer = blocks()``."""

from __future__ import annotations

from collections.abc import Callable

from tests.system.nginx.scripted_server import Answer, Asked, Headers

Script = Callable[[Asked], Answer]

ALLOWED: Headers = {
    "X-Decider-Verdict": "allow",
    "X-Threat-Score": "0.12",
    "X-Decider-Reasons": "burst=0.12",
}


def allows(**headers: str) -> Script:
    """Yes to everybody, with a low score."""
    return answers(204, {**ALLOWED, **headers})


def would_block() -> Script:
    """Observe mode."""
    return answers(204, {**ALLOWED, "X-Decider-Verdict": "would-block", "X-Threat-Score": "0.97"})


def blocks(
    retry_after_seconds: int = 37, cache_seconds: int | None = None, is_leased: bool = False
) -> Script:
    """No to everybody; ``cache_seconds`` is how long nginx may repeat it, under the lease only or always."""
    headers = {
        "X-Decider-Verdict": "block",
        "X-Threat-Score": "0.97",
        "X-Decider-Reasons": "burst=0.62,regularity=0.41",
        "Retry-After": str(retry_after_seconds),
    }
    if cache_seconds is not None:
        headers["X-Accel-Expires"] = str(cache_seconds)
    if is_leased:
        headers["X-Decider-Lease"] = "1"
    return answers(403, headers)


def answers(status: int, headers: Headers | None = None, body: bytes = b"") -> Script:
    """The same answer to everybody."""
    answer = Answer(status, headers or {}, body)
    return lambda _: answer


def answers_raw(raw: bytes) -> Script:
    """Bytes that need not be HTTP, then the end of the connection."""
    return lambda _: Answer(raw=raw)


def hangs() -> Script:
    """Accepts, reads, and never answers."""
    return lambda _: Answer(hang=True)
