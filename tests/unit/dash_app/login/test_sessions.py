"""When a session begins and by what it ends."""

from typing import Any

import pytest
from werkzeug.security import generate_password_hash

from dash_app.login.accounts import Accounts, parse_accounts
from dash_app.login.sessions import LIFETIME_SECONDS, Sessions


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def accounts(password: str = "a good password") -> Accounts:  # noqa: S107  one of a test
    return parse_accounts([f"anna:viewer:{generate_password_hash(password, 'scrypt:16384:8:1')}"], [])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(accounts(), clock)


@pytest.fixture
def cookie(sessions: Sessions) -> dict[str, Any]:
    found = sessions._accounts.find("anna")
    assert found is not None
    content: dict[str, Any] = {"planted": "by somebody"}
    sessions.begin(content, found)
    return content


def test_it_knows_its_user_and_keeps_nothing_that_was_there_before(
    sessions: Sessions, cookie: dict[str, Any]
) -> None:
    user = sessions.user(cookie)
    assert user is not None and user.name == "anna"
    assert "planted" not in cookie


def test_it_ends_after_twelve_hours_however_busy(
    sessions: Sessions, cookie: dict[str, Any], clock: Clock
) -> None:
    clock.now += LIFETIME_SECONDS - 1
    assert sessions.user(cookie)
    clock.now += 1
    assert sessions.user(cookie) is None


def test_logging_out_ends_every_copy_of_the_cookie(sessions: Sessions, cookie: dict[str, Any]) -> None:
    copy = dict(cookie)
    sessions.end(cookie)
    assert cookie == {}
    assert sessions.user(copy) is None


def test_a_new_password_ends_the_sessions_of_the_old_one(cookie: dict[str, Any], clock: Clock) -> None:
    assert Sessions(accounts("another password"), clock).user(cookie) is None


def test_a_removed_account_has_no_session(cookie: dict[str, Any], clock: Clock) -> None:
    assert Sessions(parse_accounts([], []), clock).user(cookie) is None


@pytest.mark.parametrize("broken", [{}, {"name": ["anna"]}, {"since": "1"}, {"id": None}, {"mark": None}])
def test_a_cookie_of_another_shape_is_nobodys(
    sessions: Sessions, cookie: dict[str, Any], broken: dict[str, Any]
) -> None:
    assert sessions.user(cookie | broken if broken else {}) is None
