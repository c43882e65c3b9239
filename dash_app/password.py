"""Make an entry of DASHBOARD_USERS: ``python -m dash_app.password --name anna --role viewer``."""

from __future__ import annotations

import argparse
import sys
from getpass import getpass

from dash_app.access import Role
from dash_app.login.accounts import LONGEST_PASSWORD, NAME, make_entry

SHORTEST_PASSWORD = 12  # characters; NIST SP 800-63B asks for 8 at least and leaves more to us


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 made, 2 name or password cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m dash_app.password",
        description="Ask for a password and print name:role:hash for DASHBOARD_USERS.",
        epilog="Without a terminal the password is the first line of the standard input. "
        "The entry holds $ signs: put it into single quotes in .env and in a shell.",
    )
    parser.add_argument("--name", default="operator", help="who signs in (default: operator)")
    parser.add_argument("--role", type=Role, choices=list(Role), default=Role.OPERATOR, metavar="ROLE")
    chosen = parser.parse_args(arguments)
    password = _ask()
    fault = None
    if not NAME.fullmatch(chosen.name):
        fault = f"{chosen.name!r} is no name: use up to 64 letters, digits and ._@-"
    elif password is None:
        fault = "the two passwords differ"
    elif not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        fault = f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters"
    if fault or password is None:
        sys.stderr.write(f"dashboard: {fault}\n")
        return 2
    sys.stdout.write(f"{make_entry(chosen.name, chosen.role, password)}\n")
    return 0


def _ask() -> str | None:
    """The password; None when it was not written twice the same."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    return password if getpass("Once more: ") == password else None


if __name__ == "__main__":
    sys.exit(main())
