"""The filters of an address as chips, each with a way out of it."""

from typing import Any

import pytest

from dash_app.filter_chips import build_chips, chip_text


def hrefs(chips: list[Any]) -> list[str]:
    return [one.href for one in chips if hasattr(one, "href")]


def test_a_chip_leads_to_the_page_without_its_filter_and_keeps_the_range() -> None:
    chips = build_chips("/decider/", "?range=1h&country=SG&not_asn=7&not_asn=8", "/decider/")
    assert hrefs(chips) == [
        "/decider/?range=1h&not_asn=7&not_asn=8",
        "/decider/?range=1h&country=SG&not_asn=8",
        "/decider/?range=1h&country=SG&not_asn=7",
        "/decider/?range=1h",
    ]


@pytest.mark.parametrize(
    ("pathname", "count", "told"),
    [
        ("/", 2, False),
        ("/events", 3, False),
        ("/offenders", 3, False),
        ("/savings", 2, True),
        ("/client/a", 2, True),
    ],
)
def test_pages_show_what_they_go_by_and_say_where_they_do_not(pathname: str, count: int, told: bool) -> None:
    chips = build_chips(pathname, "?route=login&client=203.0.113.7")
    assert len(hrefs(chips)) == count
    assert ("page" in str(chips[-1].children)) is told


def test_nothing_asked_shows_nothing() -> None:
    assert build_chips("/", "?range=1h") == []
    assert build_chips("/", "?client=x") == []


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("country", "SG", "Country: Singapore"),
        ("not_country", "SG", "Country is not Singapore"),
        ("asn", "64500", "Network: AS64500"),
        ("signal", "missing_pages", "Signal: missing pages"),
        ("kind", "ban_started", "What: ban started"),
        ("user_agent", "x" * 200, f"User agent: {'x' * 60}…"),
        ("country", "<B>", "Country: <B>"),
    ],
)
def test_a_chip_says_what_it_asks(name: str, value: str, text: str) -> None:
    assert chip_text(name, value) == text
