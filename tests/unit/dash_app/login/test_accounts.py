"""Names, roles and hashes, and that the time of an answer does not tell which names exist."""

import pytest
from werkzeug.security import generate_password_hash

from dash_app.access import Role
from dash_app.login.accounts import Accounts, make_entry, parse_accounts
from dash_app.password import main

CHEAP = "scrypt:16384:8:1"
HASH = generate_password_hash("a good password", CHEAP)


def accounts(*entries: str) -> Accounts:
    faults: list[str] = []
    parsed = parse_accounts(entries, faults)
    assert faults == []
    return parsed


def test_the_right_password_gives_the_account_with_its_role() -> None:
    found = accounts(f"anna:viewer:{HASH}", f"ben:operator:{HASH}").check("anna", "a good password")
    assert found is not None
    assert (found.user.name, found.user.role, found.user.is_operator) == ("anna", Role.VIEWER, False)


@pytest.mark.parametrize("password", ["", "a good passwor", "A good password", HASH, "x" * 2_000_000, "\x00"])
def test_any_other_password_gives_nobody(password: str) -> None:
    assert accounts(f"anna:viewer:{HASH}").check("anna", password) is None


@pytest.mark.parametrize("name", ["", "Anna", "anna ", "nobody"])
def test_an_unknown_name_gives_nobody(name: str) -> None:
    assert accounts(f"anna:viewer:{HASH}").check(name, "a good password") is None


def test_an_unknown_name_is_checked_against_a_hash_of_the_same_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = []

    def note(password_hash: str, _password: str) -> bool:
        costs.append(password_hash.partition("$")[0])
        return True  # even then nobody is let in

    monkeypatch.setattr("dash_app.login.accounts.check_password_hash", note)
    some = accounts(f"anna:viewer:{HASH}")
    assert some.check("nobody", "x") is None
    assert some.check("anna", "x") is not None
    assert costs == [CHEAP, CHEAP]


def test_blank_lines_and_comments_name_nobody() -> None:
    assert accounts("# who may look", "", f"  anna:viewer:{HASH}  ").by_name.keys() == {"anna"}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("hunter2", "name:role:hash"),
        ("an na:viewer:" + HASH, "name:role:hash"),
        ("anna:admin:" + HASH, "viewer or operator"),
        ("anna:viewer:hunter2", "no scrypt hash"),
        ("anna:viewer:pbkdf2:sha256:1000$hunter2$aa", "no scrypt hash"),
        ("anna:viewer:" + HASH.replace("16384", "00016"), "no scrypt hash"),
        ("anna:viewer:" + HASH.replace("16384", "16385"), "no scrypt hash"),
    ],
)
def test_a_wrong_entry_is_told_without_what_may_be_a_password(entry: str, told: str) -> None:
    faults: list[str] = []
    assert parse_accounts([entry], faults).by_name == {}
    (fault,) = faults
    assert told in fault
    assert "hunter2" not in fault
    assert HASH not in fault


def test_a_name_given_twice_is_a_fault() -> None:
    faults: list[str] = []
    parse_accounts([f"anna:viewer:{HASH}", f"anna:operator:{HASH}"], faults)
    assert "twice" in faults[0]


def test_no_hash_shows_where_accounts_are_printed() -> None:
    assert HASH not in repr(accounts(f"anna:viewer:{HASH}"))


def test_the_command_makes_an_entry_that_signs_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    monkeypatch.setattr("dash_app.password._ask", lambda: "a good password")
    assert main(["--name", "anna", "--role", "viewer"]) == 0
    entry = capsys.readouterr().out
    assert accounts(entry).check("anna", "a good password") is not None
    assert make_entry("anna", Role.VIEWER, "a good password") != entry.strip()  # salted


@pytest.mark.parametrize(("password", "told"), [("short", "12 to"), (None, "differ")])
def test_the_command_refuses_a_password_that_is_none(
    password: str | None, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dash_app.password._ask", lambda: password)
    assert main([]) == 2
    assert told in capsys.readouterr().err
