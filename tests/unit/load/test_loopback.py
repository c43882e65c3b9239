"""Load goes where `make run` of the same environment listens, and never off this machine."""

import argparse

import pytest

from load.loopback import default_dashboard, default_gateway, loopback_url


def test_the_defaults_are_the_ports_that_make_run_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEWAY_PORT", raising=False)
    monkeypatch.setenv("DASHBOARD_PORT", "")
    assert (default_gateway(), default_dashboard()) == ("http://127.0.0.1:8080", "http://127.0.0.1:8050")
    monkeypatch.setenv("GATEWAY_PORT", "9000")
    monkeypatch.setenv("DASHBOARD_PORT", "9001")
    assert (default_gateway(), default_dashboard()) == ("http://127.0.0.1:9000", "http://127.0.0.1:9001")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/", "http://localhost:1", "http://[::1]:8080"])
def test_a_url_of_this_machine_is_taken(url: str) -> None:
    assert loopback_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1", "http://shop.example", "https://127.0.0.1", "127.0.0.1", "http://127.0.0.1/x"]
)
def test_any_other_is_refused(url: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        loopback_url(url)
