"""Origin, proxies, and where a sign-in leads: what comes from headers and forms, hostile included."""

import ipaddress

import pytest

from dash_app.login.origin import is_ours
from dash_app.login.proxy import parse_networks, told_by_proxy
from dash_app.login.views import safe_next

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://dash.example", "dash.example"),
        ("https://dash.example", "dash.example"),
        ("https://dash.example", "dash.example:443"),
        ("http://127.0.0.1:8050", "127.0.0.1:8050"),
        ("http://[::1]:8050", "[::1]:8050"),
        ("https://DASH.example", "dash.example"),
    ],
)
def test_a_post_from_our_own_page_is_ours(origin: str, host: str) -> None:
    assert is_ours("POST", origin, host)


@pytest.mark.parametrize(
    "origin",
    [
        *(None, "", "null", "http://evil.example", "http://dash.example.evil.example", "dash.example"),
        *("http://dash.example:8051", "http://evil.example@dash.example.evil", "file://dash.example"),
        *("http://dash.example:x", "http://[dash.example", "chrome-extension://dash.example"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "ANYTHING"])
def test_a_post_from_anywhere_else_is_not(origin: str | None, method: str) -> None:
    assert not is_ours(method, origin, "dash.example")


def test_reading_needs_no_origin() -> None:
    assert is_ours("GET", "http://evil.example", "dash.example")


@pytest.mark.parametrize(
    "path", ["/", "/offenders", "/events?range=1h&q=%3Cscript%3E", "/client/203.0.113.7"]
)
def test_a_sign_in_leads_on_to_the_page_that_was_wanted(path: str) -> None:
    assert safe_next(path, "/") == path


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/%5cevil.example",
            "/%2fevil.example",
        ),
        *(
            "/a\nb",
            "/%0d%0aLocation: x",
            "/../x",
            "javascript:alert(1)",
            "/login",
            "/_dash-layout",
            "/" * 9_999,
        ),
        "/" + "a" * 9_999,
    ],
)
def test_a_sign_in_leads_nowhere_else(path: str) -> None:
    assert safe_next(path, "/") == "/"


def test_behind_a_prefix_a_sign_in_does_not_lead_into_the_shop() -> None:
    assert safe_next("/decider/events", "/decider/") == "/decider/events"
    assert safe_next("/cart", "/decider/") == "/decider/"


def environ(peer: str, forwarded_for: str = "", proto: str = "") -> dict[str, str]:
    return {
        "REMOTE_ADDR": peer,
        "HTTP_X_FORWARDED_FOR": forwarded_for,
        "HTTP_X_FORWARDED_PROTO": proto,
    }


def test_a_trusted_proxy_tells_address_and_scheme() -> None:
    told = told_by_proxy(environ("127.0.0.1", "1.2.3.4, 203.0.113.7", "https"), LOOPBACK)
    assert told == {"REMOTE_ADDR": "203.0.113.7", "wsgi.url_scheme": "https"}


def test_nobody_else_is_believed() -> None:
    told = told_by_proxy(environ("198.51.100.1", "203.0.113.7", "https"), LOOPBACK)
    assert told == {"wsgi.url_scheme": "http"}


@pytest.mark.parametrize("text", ["", "unknown", "1.2.3.4.5", "<script>", ","])
def test_a_proxy_that_tells_no_address_is_the_client_itself(text: str) -> None:
    assert told_by_proxy(environ("127.0.0.1", text), LOOPBACK)["REMOTE_ADDR"] == "127.0.0.1"


def test_a_trusted_proxy_that_is_no_network_is_a_fault() -> None:
    faults: list[str] = []
    assert parse_networks("10.0.0.0/8, ::1", faults) and faults == []
    parse_networks("10.0.0.1/8,nginx", faults)
    assert len(faults) == 2
