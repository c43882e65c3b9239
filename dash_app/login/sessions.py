"""A session is a cookie signed by Flask: name, moment of sign-in, an id to log out by, the password's mark.

It ends 12 hours after the sign-in, at log-out, when the account goes or its password changes. What was logged
out is remembered in this process: a restart forgets it, which matters only to who copied the cookie before.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from threading import Lock
from typing import Any

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface

from dash_app.access import User
from dash_app.login.accounts import Account, Accounts

LIFETIME_SECONDS = 12 * 3_600  # a working day: nobody signs in twice, and no cookie works tomorrow
MOST_ENDED = 10_000  # ids of ended sessions; 12 hours of log-outs
SKEW_SECONDS = 60  # a clock that was set back a little ends no session


class Sessions:
    """Reads and writes Flask's ``session``, given as a mapping. Safe for many threads."""

    def __init__(self, accounts: Accounts, clock: Callable[[], float]) -> None:
        self._accounts = accounts
        self._clock = clock
        self._lock = Lock()
        self._ended: OrderedDict[str, None] = OrderedDict()

    def begin(self, session: MutableMapping[str, Any], account: Account) -> None:
        """A new session, whatever the browser brought."""
        session.clear()
        session["name"] = account.user.name
        session["since"] = int(self._clock())
        session["id"] = secrets.token_urlsafe(12)
        session["mark"] = account.fingerprint

    def user(self, session: MutableMapping[str, Any]) -> User | None:
        """Whose session this is; None when it is nobody's any more."""
        name, since, identifier = (session.get(key) for key in ("name", "since", "id"))
        if not isinstance(name, str) or not isinstance(since, int) or not isinstance(identifier, str):
            return None
        account = self._accounts.find(name)
        if account is None or session.get("mark") != account.fingerprint or identifier in self._ended:
            return None
        age = self._clock() - since
        return account.user if -SKEW_SECONDS <= age < LIFETIME_SECONDS else None

    def end(self, session: MutableMapping[str, Any]) -> None:
        """This session and every copy of its cookie."""
        identifier = session.get("id")
        session.clear()
        if isinstance(identifier, str):
            with self._lock:
                self._ended[identifier] = None
                while len(self._ended) > MOST_ENDED:
                    self._ended.popitem(last=False)


class CookieBehindTls(SecureCookieSessionInterface):
    """Marks the cookie Secure where the browser came by https, or always when the settings say so."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Flask asks this for every cookie it writes."""
        return bool(app.config["SESSION_COOKIE_SECURE"]) or request.is_secure
