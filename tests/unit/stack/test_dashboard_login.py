"""A password is made once, shown once, and never takes the place of what the operator chose."""

from pathlib import Path

import pytest
from werkzeug.security import check_password_hash

from decider.stack.dashboard_login import prepare_login
from decider.stack.run_folder import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path)
    made.make()
    return made


def test_the_first_start_makes_a_user_and_shows_the_password(folder: RunFolder) -> None:
    login = prepare_login(folder, {})
    password = folder.dashboard_password.read_text().strip()
    name, role, password_hash = folder.dashboard_users.read_text().strip().split(":", 2)
    assert password in login.hint
    assert (name, role) == ("operator", "operator")
    assert check_password_hash(password_hash, password)
    assert len(folder.dashboard_secret.read_text().strip()) >= 32
    assert password not in "".join(login.environment.values())


def test_the_next_start_keeps_everything_and_shows_no_password(folder: RunFolder) -> None:
    prepare_login(folder, {})
    before = {path.name: path.read_text() for path in folder.dashboard.iterdir()}
    hint = prepare_login(folder, {}).hint
    assert before["password"].strip() not in hint
    assert str(folder.dashboard_password) in hint
    assert {path.name: path.read_text() for path in folder.dashboard.iterdir()} == before


def test_a_start_that_was_cut_off_before_the_user_was_written_makes_a_new_password(folder: RunFolder) -> None:
    folder.dashboard_password.write_text("left over\n")
    assert "left over" not in prepare_login(folder, {}).hint
    assert folder.dashboard_password.read_text() != "left over\n"


def test_users_that_the_operator_wrote_into_the_file_stay(folder: RunFolder) -> None:
    folder.dashboard_users.write_text("anna:viewer:hash\n")
    assert str(folder.dashboard_users) in prepare_login(folder, {}).hint
    assert folder.dashboard_users.read_text() == "anna:viewer:hash\n"
    assert not folder.dashboard_password.exists()


def test_users_and_secret_of_the_environment_are_taken_instead(folder: RunFolder) -> None:
    login = prepare_login(folder, {"DASHBOARD_USERS": "anna:viewer:hash", "DASHBOARD_SECRET_FILE": "/secret"})
    assert login.environment == {}
    assert list(folder.dashboard.iterdir()) == []


def test_no_two_copies_share_a_password(tmp_path: Path) -> None:
    hints = set()
    for name in ("one", "two"):
        folder = RunFolder(tmp_path / name)
        folder.make()
        prepare_login(folder, {})
        hints.add(folder.dashboard_password.read_text())
    assert len(hints) == 2
