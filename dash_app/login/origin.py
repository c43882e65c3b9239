"""Whether a page of ours sent a request that changes something (cross-site request forgery).

Every browser sends Origin with a POST; who sends none is a program, and has to say where it belongs. The
scheme is not compared: behind a proxy that ends TLS the dashboard sees http where the browser sees https.
"""

from __future__ import annotations

from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
DEFAULT_PORTS = {"http": 80, "https": 443}


def is_ours(method: str, origin: str | None, host: str) -> bool:
    """``origin`` and ``host`` as the headers Origin and Host say."""
    if method in SAFE_METHODS:
        return True
    try:
        parts = urlsplit(origin or "")
        ours = urlsplit(f"{parts.scheme}://{host}")
        default = DEFAULT_PORTS[parts.scheme]
        theirs = (parts.hostname, parts.port or default)
        return parts.hostname is not None and theirs == (ours.hostname, ours.port or default)
    except (KeyError, ValueError):
        return False
