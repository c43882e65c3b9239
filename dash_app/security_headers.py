"""Headers that keep the page to itself: nothing from other hosts, no framing, no sniffing.

The inline scripts of the index page are allowed by their hashes, taken from the page as it is rendered,
because ``csp_hashes`` of Dash does not know those that component libraries add.
"""

from __future__ import annotations

import base64
import hashlib
import re

from dash import Dash
from flask import Response, request

SCRIPTS = "/_dash-component-suites/"
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>(.*?)</script>", re.DOTALL)


def add_security_headers(app: Dash) -> None:
    """Send the headers with every answer.

    Referrer-Policy is same-origin: with no-referrer a browser sends ``Origin: null`` with the login form.
    What names no caching of its own is not stored: no page comes back after log-out. Scripts that Dash loads
    late (1.7 MB with the charts) have no version in their names and so no caching either, but a tag: they are
    stored, and asked about.
    """
    policy: list[str] = []

    def add(response: Response) -> Response:
        if not policy:
            policy.append(_policy(app))
        response.headers["Content-Security-Policy"] = policy[0]
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Frame-Options"] = "DENY"
        caching = "no-cache" if SCRIPTS in request.path else "no-store"
        response.headers.setdefault("Cache-Control", caching)
        return response

    app.server.after_request(add)


def _policy(app: Dash) -> str:
    with app.server.test_request_context("/"):
        index = str(app.index())
    hashes = [*app.csp_hashes(), *(_hash(script) for script in INLINE_SCRIPT.findall(index))]
    scripts = " ".join(dict.fromkeys(hashes))
    return (
        f"default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
