"""The dashboard's settings."""

import pytest

from dash_app.settings import DashboardSettings, SettingsFault


def test_defaults_are_loopback_and_list_prices() -> None:
    settings = DashboardSettings.from_environment({})
    assert settings.mongodb_uri.startswith("mongodb://127.0.0.1")
    assert settings.prices.gigabyte_usd == 0.09
    assert "127.0.0.1" in settings.trusted_hosts


def test_all_faults_are_told_at_once_and_no_password_with_them() -> None:
    environment = {
        "MONGODB_URI": "http://user:hunter2@host/",
        "PRICE_GIGABYTE_USD": "cheap",
        "PRICE_CPU_SECOND_USD": "nan",
    }
    with pytest.raises(SettingsFault) as told:
        DashboardSettings.from_environment(environment)
    lines = str(told.value).splitlines()
    assert [line.split()[0].rstrip(":") for line in lines] == [
        "MONGODB_URI",
        "PRICE_CPU_SECOND_USD",
        "PRICE_GIGABYTE_USD",
    ]
    assert "hunter2" not in str(told.value)
