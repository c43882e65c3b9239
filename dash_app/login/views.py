"""/login and /logout: plain HTML without a script; nothing of the dashboard is served to strangers."""

from __future__ import annotations

import logging
from importlib.resources import files
from math import ceil
from threading import BoundedSemaphore
from urllib.parse import unquote

from flask import Flask, Response, make_response, redirect, render_template_string, request, session
from werkzeug.wrappers import Response as BaseResponse

from dash_app.login.accounts import NAME, Accounts
from dash_app.login.limit import LoginLimit
from dash_app.login.sessions import Sessions

LOG = logging.getLogger("dash_app.login")
CHECKS_AT_ONCE = 2  # each takes some 0.1 s and 32 MB; the other threads go on answering dashboards
CHECK_WAIT_SECONDS = 2.0
LONGEST_NEXT = 2_000  # characters of the address to go on to

WRONG = "User or password is wrong."
BUSY = "Too many people sign in at this moment. Try again."


class LoginViews:
    """The two routes under ``prefix``, which begins and ends with a slash."""

    def __init__(self, accounts: Accounts, sessions: Sessions, limit: LoginLimit, prefix: str) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._limit = limit
        self._prefix = prefix
        self._checks = BoundedSemaphore(CHECKS_AT_ONCE)
        self._page = files("dash_app.login").joinpath("page.html").read_text(encoding="utf-8")

    def add_to(self, server: Flask) -> None:
        """Register the routes."""
        server.add_url_rule(f"{self._prefix}login", "login", self.show, methods=["GET"])
        server.add_url_rule(f"{self._prefix}login", "sign_in", self.sign_in, methods=["POST"])
        server.add_url_rule(f"{self._prefix}logout", "logout", self.logout, methods=["POST"])

    def show(self) -> BaseResponse:
        """The form; whoever is signed in goes on."""
        onward = safe_next(request.args.get("next", ""), self._prefix)
        if self._sessions.user(session):
            return redirect(onward, 303)
        return self._form(200, "", "", onward)

    def sign_in(self) -> BaseResponse:
        """Check what was written into the form."""
        onward = safe_next(request.form.get("next", ""), self._prefix)
        name, password = request.form.get("name", "").strip(), request.form.get("password", "")
        address = request.remote_addr or ""
        if not NAME.fullmatch(name):
            return self._form(401, WRONG, "", onward)
        if wait := self._limit.register(address, name):
            LOG.warning("sign-in refused unchecked, too many tries: address=%s", address)
            answer = self._form(429, f"Too many tries. Wait {ceil(wait / 60)} min.", name, onward)
            answer.headers["Retry-After"] = str(ceil(wait))
            return answer
        if not self._checks.acquire(timeout=CHECK_WAIT_SECONDS):
            return self._form(503, BUSY, name, onward)
        try:
            account = self._accounts.check(name, password)
        finally:
            self._checks.release()
        if account is None:
            # without the name: people type passwords into the wrong field
            LOG.warning("sign-in failed: address=%s", address)
            return self._form(401, WRONG, name, onward)
        self._limit.succeeded(address, name)
        self._sessions.begin(session, account)
        session.permanent = True
        return redirect(onward, 303)

    def logout(self) -> BaseResponse:
        """End the session."""
        self._sessions.end(session)
        return redirect(f"{self._prefix}login", 303)

    def _form(self, status: int, fault: str, name: str, onward: str) -> Response:
        page = render_template_string(
            self._page, fault=fault, name=name, next=onward, action=f"{self._prefix}login"
        )
        return make_response(page, status)


def safe_next(wanted: str, prefix: str) -> str:
    """``wanted`` when it is a path of this dashboard, else its first page: never another host."""
    plain = unquote(wanted)
    hostile = plain.startswith("//") or "\\" in plain or not plain.isprintable() or ".." in plain
    inside = wanted.startswith(prefix) and not wanted.startswith((f"{prefix}login", f"{prefix}_dash"))
    return wanted if inside and not hostile and len(wanted) <= LONGEST_NEXT else prefix
