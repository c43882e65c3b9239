"""Ways from page to page: the look-up field, and the line of filters that an address carries."""

import pytest

from dash_app.filter_line import build_filter_line, build_ignored_line
from dash_app.look_up import place_of

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("text", "search", "path"),
    [
        ("203.0.113.7", "?range=1h&country=SG", "/client/203.0.113.7?range=1h"),
        (" 2001:db8::1 ", "", "/client/2001:db8::"),
        ("6f1c2d", "?range=1h", "/events?range=1h&request_id=6f1c2d"),
        ("203.0.113.999", None, "/events?request_id=203.0.113.999"),
        ("//evil.example/", "", "/events?request_id=%2F%2Fevil.example%2F"),
        (HOSTILE, "", "/events?request_id=%3Cimg+src%3Dx+onerror%3Dalert%281%29%3E"),
        ("   ", "?range=1h", ""),
    ],
)
def test_an_address_leads_to_its_client_and_anything_else_to_the_events_of_a_request(
    text: str, search: str | None, path: str
) -> None:
    assert place_of(text, search) == path


def test_every_filter_is_said_and_has_a_link_that_drops_it_alone() -> None:
    shown = str(build_filter_line("?range=1h&country=SG&asn=64500", "/offenders"))
    assert "country Singapore ×" in shown
    assert "href='/offenders?range=1h&asn=64500'" in shown
    assert "network AS 64500 ×" in shown
    assert "href='/offenders?range=1h&country=SG'" in shown


def test_where_nothing_is_filtered_nothing_is_said() -> None:
    assert build_filter_line("?range=1h", "/offenders") is None
    assert build_ignored_line("?range=1h") is None
    assert "route checkout" in str(build_ignored_line("?route=checkout"))
