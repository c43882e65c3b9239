"""What the operator may write, and what he is told when it does not work."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from decider.core.errors import SettingsError
from decider.stack.settings import LONGEST_SOCKET_BYTES, LONGEST_SOCKET_NAME, parse_settings

HERE = Path("/srv/decider")


def faults_of(environ: Mapping[str, str], here: Path = HERE) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        parse_settings(environ, here)
    return caught.value.faults


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = parse_settings({}, HERE)
    assert (settings.gateway_port, settings.dashboard_port) == (8080, 8050)
    assert settings.folder.path == HERE / ".run"
    assert (settings.upstream, settings.redis_url, settings.mongodb_uri, settings.mode) == (None,) * 4


def test_an_empty_value_counts_as_unset() -> None:
    assert parse_settings({"GATEWAY_PORT": "", "UPSTREAM": "", "REDIS_URL": "", "RUN_DIR": ""}, HERE) == (
        parse_settings({}, HERE)
    )


def test_an_absolute_run_dir_is_taken_as_it_is() -> None:
    assert parse_settings({"RUN_DIR": "/srv/two"}, HERE).folder.path == Path("/srv/two")


def test_a_prefix_of_the_dashboard_is_a_path_between_slashes() -> None:
    assert parse_settings({}, HERE).dashboard_prefix == "/"
    assert parse_settings({"DASHBOARD_PREFIX": "/decider/"}, HERE).dashboard_prefix == "/decider/"
    (fault,) = faults_of({"DASHBOARD_PREFIX": "decider"})
    assert "DASHBOARD_PREFIX=/decider/" in fault


@pytest.mark.parametrize(
    ("text", "upstream"),
    [
        ("127.0.0.1:3000", "127.0.0.1:3000"),
        ("http://shop.internal:3000", "shop.internal:3000"),
        ("http://shop.internal:3000/", "shop.internal:3000"),
        ("[::1]:3000", "[::1]:3000"),
    ],
)
def test_an_upstream_is_read_with_or_without_its_scheme(text: str, upstream: str) -> None:
    assert parse_settings({"UPSTREAM": text}, HERE).upstream == upstream


@pytest.mark.parametrize(
    "text",
    [
        "shop",
        "https://shop:443",
        "shop:0",
        "shop:70000",
        "http://shop:80/path",
        "a b:80",
        "shop:80;evil",
        "x\n:80",
    ],
)
def test_an_upstream_that_nginx_could_not_use_is_refused_with_an_example(text: str) -> None:
    (fault,) = faults_of({"UPSTREAM": text})
    assert fault.startswith(f"UPSTREAM is {text!r}")
    assert "UPSTREAM=127.0.0.1:3000" in fault


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "80 ", "٨٠"])
def test_a_port_that_is_none_names_the_variable_and_the_value(text: str) -> None:
    (fault,) = faults_of({"GATEWAY_PORT": text})
    assert fault.startswith(f"GATEWAY_PORT is {text!r}")


def test_all_faults_are_told_at_once() -> None:
    faults = faults_of(
        {
            "GATEWAY_PORT": "x",
            "DASHBOARD_PORT": "y",
            "UPSTREAM": "z",
            "DECIDER_MODE": "watch",
            "REDIS_URL": "r",
        }
    )
    named = {fault.split()[0] for fault in faults}
    assert named == {"GATEWAY_PORT", "DASHBOARD_PORT", "UPSTREAM", "REDIS_URL", "DECIDER_MODE"}


def test_one_port_cannot_serve_two() -> None:
    (fault,) = faults_of({"GATEWAY_PORT": "9000", "DASHBOARD_PORT": "9000"})
    assert "both 9000" in fault


def test_a_run_dir_too_long_for_unix_sockets_says_how_long_it_may_be() -> None:
    longest = LONGEST_SOCKET_BYTES - 1 - len(LONGEST_SOCKET_NAME)
    fits = "/" + "d" * (longest - 1)
    assert parse_settings({"RUN_DIR": fits}, HERE).folder.path == Path(fits)
    (fault,) = faults_of({"RUN_DIR": fits + "d"})
    assert f"allow {longest}" in fault


@pytest.mark.parametrize("text", ["a b", "a;b", "a$b", "a'b", "a%b", "ä"])
def test_a_run_dir_that_would_need_quoting_in_a_configuration_file_is_refused(text: str) -> None:
    (fault,) = faults_of({"RUN_DIR": text})
    assert "RUN_DIR=/tmp/decider" in fault


@pytest.mark.parametrize("name", ["REDIS_URL", "MONGODB_URI"])
def test_a_wrong_address_is_told_without_its_password(name: str) -> None:
    (fault,) = faults_of({name: "http://user:hunter2@store/"})
    assert name in fault
    assert "hunter2" not in fault


def test_the_mode_is_a_closed_set() -> None:
    assert parse_settings({"DECIDER_MODE": "observe"}, HERE).mode == "observe"
    (fault,) = faults_of({"DECIDER_MODE": "Observe"})
    assert "enforce or observe" in fault


def test_files_the_operator_names_are_passed_on_as_absolute_paths() -> None:
    passed = parse_settings(
        {"DECIDER_POLICY": "my.toml", "GEOIP_CITY_DB": "/geo/city.mmdb", "HOME": "/x"}, HERE
    )
    assert passed.passed_on == {"DECIDER_POLICY": "/srv/decider/my.toml", "GEOIP_CITY_DB": "/geo/city.mmdb"}
