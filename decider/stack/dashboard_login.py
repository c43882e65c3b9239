"""The dashboard's first user: made once a RUN_DIR, so that there is no default password."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from werkzeug.security import generate_password_hash

from decider.stack.run_folder import RunFolder

USER = "operator"
PASSWORD_GROUPS, GROUP_LENGTH = 4, 5
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike; 20 of them are 99 bits
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class DashboardLogin:
    """``environment`` is for the dashboard: paths of files, so that no other process is given a secret."""

    environment: Mapping[str, str]
    hint: str


def prepare_login(folder: RunFolder, given: Mapping[str, str]) -> DashboardLogin:
    """Use what the operator has ``given`` in the environment; make and keep what is missing.

    The hint shows a new password, once; later it names the file that holds it.
    """
    environment, hint = {}, "the users of DASHBOARD_USERS"
    if not given.get("DASHBOARD_USERS") and not given.get("DASHBOARD_USERS_FILE"):
        environment["DASHBOARD_USERS_FILE"] = str(folder.dashboard_users)
        hint = _user(folder)
    if not given.get("DASHBOARD_SECRET") and not given.get("DASHBOARD_SECRET_FILE"):
        environment["DASHBOARD_SECRET_FILE"] = str(folder.dashboard_secret)
        if not _is_filled(folder.dashboard_secret):
            _write(folder.dashboard_secret, secrets.token_hex(SECRET_BYTES))
    return DashboardLogin(environment, hint)


def _user(folder: RunFolder) -> str:
    if _is_filled(folder.dashboard_users):
        if not _is_filled(folder.dashboard_password):
            return f"the users of {folder.dashboard_users}"
        return f"user {USER}, password in {folder.dashboard_password}"
    groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(PASSWORD_GROUPS))
    password = "-".join(groups)
    # the password first: a start that is cut off in between makes both anew
    _write(folder.dashboard_password, password)
    _write(folder.dashboard_users, f"{USER}:operator:{generate_password_hash(password, method='scrypt')}")
    return f"user {USER}, password {password}  (shown once, kept in {folder.dashboard_password})"


def _is_filled(path: Path) -> bool:
    return path.is_file() and bool(path.read_text(encoding="utf-8").strip())


def _write(path: Path, text: str) -> None:
    """Readable by the owner alone from its first byte on."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(f"{text}\n", encoding="utf-8")
