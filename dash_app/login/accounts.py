"""Names, roles and password hashes from the settings. Nothing here stores or shows a password.

Hashes are scrypt (RFC 7914) as ``werkzeug.security`` writes them: ``scrypt:N:r:p$salt$hash``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from werkzeug.security import check_password_hash, generate_password_hash

from dash_app.access import Role, User

NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}", re.ASCII)  # goes into audit events and log lines
HASH = re.compile(r"scrypt:(?P<n>\d{5,7}):(?P<r>\d{1,2}):(?P<p>\d{1,2})\$[A-Za-z0-9]{8,64}\$[0-9a-f]{128}")
WEAKEST_N, STRONGEST_N = (
    2**14,
    2**18,
)  # OWASP's least cost with p = 5; 256 MB a check is already too much here
LONGEST_PASSWORD = 1_024  # characters; hashing more only costs time
REMEDY = "`python -m dash_app.password` makes one"


@dataclass(frozen=True, slots=True)
class Account:
    """One line of the settings; its hash is kept out of ``repr``, and so out of logs and errors."""

    user: User
    password_hash: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Changes with the password, so that a session does not outlive it; tells nothing about the hash."""
        return hashlib.sha256(self.password_hash.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Accounts:
    """By name; ``decoy_hash`` is what the password of an unknown name is checked against."""

    by_name: Mapping[str, Account]
    decoy_hash: str = field(repr=False)

    def find(self, name: str) -> Account | None:
        """The account of this name, if there is one."""
        return self.by_name.get(name)

    def check(self, name: str, password: str) -> Account | None:
        """The account when the password is right. Takes as long for a name that nobody has."""
        account = self.by_name.get(name)
        expected = account.password_hash if account else self.decoy_hash
        right = check_password_hash(expected, password[:LONGEST_PASSWORD])
        return account if account and right and len(password) <= LONGEST_PASSWORD else None


def parse_accounts(entries: Iterable[str], faults: list[str]) -> Accounts:
    """``name:role:hash`` each; blank entries and ``#`` comments are skipped. Faults never repeat a hash."""
    by_name: dict[str, Account] = {}
    texts = [entry.strip() for entry in entries]
    for number, text in enumerate((one for one in texts if one and not one.startswith("#")), start=1):
        where = f"DASHBOARD_USERS, user {number}"
        name, _, rest = text.partition(":")
        role, _, password_hash = rest.partition(":")
        if not NAME.fullmatch(name) or not rest:
            # the name is not repeated: somebody may have written a password there
            faults.append(f"{where}: write name:role:hash with a name of letters, digits and ._@-; {REMEDY}")
        elif role not in list(Role):
            faults.append(f"{where}: the role is viewer or operator; {REMEDY}")
        elif not _is_sound(password_hash):
            faults.append(f"{where}: this is no scrypt hash that holds; {REMEDY}")
        elif name in by_name:
            faults.append(f"{where} ({name}): named twice; leave one out")
        else:
            by_name[name] = Account(User(name, Role(role)), password_hash)
    return Accounts(by_name, _decoy(by_name))


def make_entry(name: str, role: Role, password: str) -> str:
    """``name:role:hash`` for the settings."""
    return f"{name}:{role}:{generate_password_hash(password, method='scrypt')}"


def _is_sound(password_hash: str) -> bool:
    found = HASH.fullmatch(password_hash)
    if found is None:
        return False
    n, r, p = int(found["n"]), int(found["r"]), int(found["p"])
    return WEAKEST_N <= n <= STRONGEST_N and n & (n - 1) == 0 and 8 <= r <= 16 and 1 <= p <= 16


def _decoy(by_name: Mapping[str, Account]) -> str:
    """A hash of the same cost as the first account's, which no password fits."""
    for account in by_name.values():
        return f"{account.password_hash.partition('$')[0]}$decoydecoydecoy0${'0' * 128}"
    return ""
