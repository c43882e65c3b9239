"""The dashboard's settings."""

from pathlib import Path

import pytest
from werkzeug.security import generate_password_hash

from dash_app.settings import DashboardSettings, SettingsFault

HASH = generate_password_hash("a good password", "scrypt:16384:8:1")
LOGIN = {"DASHBOARD_USERS": f"anna:viewer:{HASH};ben:operator:{HASH}", "DASHBOARD_SECRET": "s" * 32}


def faults_of(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsFault) as told:
        DashboardSettings.from_environment(environment)
    return str(told.value).splitlines()


def test_defaults_are_loopback_and_list_prices() -> None:
    settings = DashboardSettings.from_environment(LOGIN)
    assert settings.mongodb_uri.startswith("mongodb://127.0.0.1")
    assert settings.prices.gigabyte_usd == 0.09
    assert "127.0.0.1" in settings.trusted_hosts
    assert settings.prefix == "/"
    assert settings.login.tls is False


def test_there_is_no_default_user_password_or_secret() -> None:
    users, secret = faults_of({})
    assert "python -m dash_app.password" in users
    assert "openssl rand" in secret


def test_all_faults_are_told_at_once_and_no_secret_with_them() -> None:
    faults = faults_of(
        {
            "MONGODB_URI": "http://user:hunter2@host/",
            "PRICE_GIGABYTE_USD": "cheap",
            "PRICE_CPU_SECOND_USD": "nan",
            "DASHBOARD_PREFIX": "decider",
            "DASHBOARD_USERS": "anna:viewer:hunter2",
            "DASHBOARD_SECRET": "hunter2",
            "DASHBOARD_TLS": "yes",
            "DASHBOARD_TRUSTED_PROXIES": "nginx",
        }
    )
    assert [line.split()[0].rstrip(":,") for line in faults] == [
        "MONGODB_URI",
        "PRICE_CPU_SECOND_USD",
        "PRICE_GIGABYTE_USD",
        "DASHBOARD_PREFIX",
        "DASHBOARD_USERS",
        "DASHBOARD_SECRET",
        "DASHBOARD_TLS",
        "DASHBOARD_TRUSTED_PROXIES",
    ]
    assert "hunter2" not in "".join(faults)


def test_users_and_secret_may_stand_in_files(tmp_path: Path) -> None:
    users, secret = tmp_path / "users", tmp_path / "secret"
    users.write_text(f"# who may look\nanna:viewer:{HASH}\n")
    secret.write_text("s" * 40 + "\n")
    files = {"DASHBOARD_USERS_FILE": str(users), "DASHBOARD_SECRET_FILE": str(secret)}
    settings = DashboardSettings.from_environment(files)
    assert settings.login.accounts.find("anna")
    assert settings.login.secret == "s" * 40
    assert "both set" in faults_of(files | {"DASHBOARD_USERS": LOGIN["DASHBOARD_USERS"]})[0]
    assert "cannot be read" in faults_of(LOGIN | {"DASHBOARD_USERS": "", "DASHBOARD_USERS_FILE": "/none"})[0]


def test_a_host_name_of_ones_own_leaves_the_health_check_its_own() -> None:
    settings = DashboardSettings.from_environment(LOGIN | {"DASHBOARD_TRUSTED_HOSTS": "dash.example"})
    assert settings.trusted_hosts == ("dash.example", "127.0.0.1", "localhost", "[::1]")


@pytest.mark.parametrize("prefix", ["/", "/decider/", "/ops/decider_2/"])
def test_a_prefix_is_a_path_between_slashes(prefix: str) -> None:
    assert DashboardSettings.from_environment(LOGIN | {"DASHBOARD_PREFIX": prefix}).prefix == prefix


@pytest.mark.parametrize(
    "prefix", ["decider", "/decider", "//", "/../", "/a b/", '/"/', "/<path:x>/", "/a/?b/"]
)
def test_anything_else_is_refused(prefix: str) -> None:
    assert "/decider/" in faults_of(LOGIN | {"DASHBOARD_PREFIX": prefix})[0]


def test_no_secret_shows_where_settings_are_printed() -> None:
    shown = repr(DashboardSettings.from_environment(LOGIN))
    assert HASH not in shown
    assert LOGIN["DASHBOARD_SECRET"] not in shown
