"""In front of every route: a known Host, an Origin of ours, a session. What is not opened here is closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote

from flask import Flask, Response, redirect, request, session
from werkzeug.wrappers import Response as BaseResponse

from dash_app.access import set_current_user
from dash_app.login.limit import LoginLimit
from dash_app.login.origin import is_ours
from dash_app.login.proxy import behind_proxy
from dash_app.login.sessions import LIFETIME_SECONDS, CookieBehindTls, Sessions
from dash_app.login.views import LoginViews
from dash_app.settings import DashboardSettings

HEALTH_PATH = "/healthz"  # the same under every prefix: a probe needs to know nothing


def add_login(server: Flask, settings: DashboardSettings, clock: Callable[[], float]) -> None:
    """Close ``server``, except for the login page and the health check."""
    prefix, login = settings.prefix, settings.login
    server.secret_key = login.secret
    server.session_interface = CookieBehindTls()
    server.config.update(
        # cookies ignore ports: two copies on one machine must not sign each other's users out
        SESSION_COOKIE_NAME=f"decider_session_{sha256(login.secret.encode()).hexdigest()[:8]}",
        SESSION_COOKIE_PATH=prefix,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=login.tls,
        SESSION_REFRESH_EACH_REQUEST=False,  # 12 hours from the sign-in, however busy
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=LIFETIME_SECONDS),
    )
    sessions = Sessions(login.accounts, clock)
    server.before_request(_guard(sessions, prefix))
    LoginViews(login.accounts, sessions, LoginLimit(clock), prefix).add_to(server)
    server.add_url_rule(HEALTH_PATH, "health", lambda: Response("OK\n", mimetype="text/plain"))
    if prefix != "/":
        server.add_url_rule("/", "start", lambda: redirect(prefix, 303))
    # Flask's documented place for middleware
    server.wsgi_app = behind_proxy(server.wsgi_app, login.trusted_proxies)  # type: ignore[assignment,method-assign]


def _guard(sessions: Sessions, prefix: str) -> Callable[[], BaseResponse | None]:
    open_paths = {HEALTH_PATH, f"{prefix}login"}

    def guard() -> BaseResponse | None:
        host = request.host  # raises for a Host that is not trusted: 400
        if not is_ours(request.method, request.headers.get("Origin"), host):
            return _refusal(403, "This request did not come from a page of the dashboard.")
        user = sessions.user(session)
        if user is not None:
            set_current_user(user)
            return None
        if request.path in open_paths:
            return None
        if request.method != "GET" or request.path.startswith((f"{prefix}_dash", f"{prefix}assets/")):
            return _refusal(401, "Sign in first.")
        return redirect(f"{prefix}login?next={quote(_wanted())}", 303)

    return guard


def _wanted() -> str:
    query = request.query_string.decode("ascii", "replace")
    return f"{request.path}?{query}" if query else request.path


def _refusal(status: int, text: str) -> Response:
    return Response(f"{text}\n", status, mimetype="text/plain")
