"""The settings of the login: accounts, secret, TLS, trusted proxies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dash_app.login.accounts import REMEDY, Accounts, parse_accounts
from dash_app.login.proxy import Network, parse_networks

SHORTEST_SECRET = 32  # characters; whoever guesses it signs in as anybody
DEFAULT_TRUSTED_PROXIES = "127.0.0.0/8,::1"  # an Nginx on this machine
SWITCH = {"": False, "0": False, "1": True}


@dataclass(frozen=True, slots=True)
class LoginSettings:
    """``secret`` signs the session cookies; ``tls`` marks them Secure whatever a proxy says."""

    accounts: Accounts
    secret: str = field(repr=False)
    tls: bool
    trusted_proxies: tuple[Network, ...]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], faults: list[str]) -> LoginSettings:
        """Read and check; what is wrong is added to ``faults`` without the value of any secret."""
        users = _value_or_file(environment, "DASHBOARD_USERS", faults)
        accounts = parse_accounts(users.replace(";", "\n").splitlines(), faults)
        if not users.strip():
            faults.append(f"DASHBOARD_USERS: name who may sign in, name:role:hash;name:role:hash; {REMEDY}")
        elif not accounts.by_name and not any(fault.startswith("DASHBOARD_USERS") for fault in faults):
            faults.append(f"DASHBOARD_USERS holds no user; {REMEDY}")
        secret = _value_or_file(environment, "DASHBOARD_SECRET", faults).strip()
        if len(secret) < SHORTEST_SECRET:
            faults.append(
                f"DASHBOARD_SECRET: write at least {SHORTEST_SECRET} random characters; "
                "`openssl rand -hex 32` makes them"
            )
        tls = SWITCH.get(environment.get("DASHBOARD_TLS", ""))
        if tls is None:
            faults.append(f"DASHBOARD_TLS is {environment['DASHBOARD_TLS']!r}: write 1 or 0")
        proxies = environment.get("DASHBOARD_TRUSTED_PROXIES") or DEFAULT_TRUSTED_PROXIES
        return cls(accounts, secret, bool(tls), parse_networks(proxies, faults))


def _value_or_file(environment: Mapping[str, str], name: str, faults: list[str]) -> str:
    value, path = environment.get(name, ""), environment.get(f"{name}_FILE", "")
    if not path:
        return value
    if value:
        faults.append(f"{name} and {name}_FILE are both set: leave one out")
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{name}_FILE = {path!r} cannot be read ({type(error).__name__}): correct the path")
        return ""
