"""Filters from an address, rows and CSV from events: whatever anybody wrote into either."""

import csv
import io
from datetime import UTC, datetime

import pytest

from dash_app.event_cursor import cursor_from_text, cursor_text
from dash_app.event_filter import EventFilter, filter_from_search, range_query, search_of
from dash_app.event_rows import client_path, csv_lines, defused, event_grid_row, event_json
from dash_app.rows import EventRow
from decider.core.security_event import EventKind, Reason, SecurityEvent

HOSTILE = (
    "<script>alert(1)</script>",
    "![x](http://evil.example/px.png)",
    '=HYPERLINK("http://evil.example")',
    "\u202egnp.exe",
    "nul\x00byte",
    "a" * 8_192,
)


def event(**more: object) -> EventRow:
    fields: dict[str, object] = {
        "kind": EventKind.BAN_STARTED,
        "ts": 1_764_000_000.0,
        "client": "203.0.113.7",
    }
    return EventRow("1-0", SecurityEvent(**(fields | more)))  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("search", "wanted"),
    [
        ("", EventFilter()),
        ("?country=sg&asn=AS64500", EventFilter(country="SG", asn=64_500)),
        (
            "?kind=ban_started&text=+python%2Brequests+",
            EventFilter(kind="ban_started", text="python+requests"),
        ),
        ("?kind=%24where&asn=-1", EventFilter()),
        ("?asn=99999999999&country[$ne]=x", EventFilter()),
        ("?text=%00%ff%2e", EventFilter(text="\ufffd\ufffd.")),
        ("?" + "&".join("x=1" for _ in range(200)), EventFilter()),
    ],
)
def test_an_address_asks_only_what_an_event_can_have(search: str, wanted: EventFilter) -> None:
    assert filter_from_search(search) == wanted


def test_an_endless_filter_is_cut() -> None:
    assert len(filter_from_search("?text=" + "a" * 9_000).text) == 100


def test_a_filter_survives_the_way_through_an_address_beside_its_range() -> None:
    wanted = EventFilter(client="2001:db8::/64", text="a&b=c #")
    search = wanted.to_search(**range_query("?range=1h&client=x"))
    assert search.startswith("?range=1h&")
    assert filter_from_search(search) == wanted
    assert filter_from_search(search_of({"client": "2001:db8::/64", "text": "a&b=c #"})) == wanted


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_defused(start: str) -> None:
    assert defused(start) == f"'{start}"
    assert defused(f"x{start}") == f"x{start}"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_leaves_as_text(text: str) -> None:
    row = event(path=text, user_agent=text, referer=text, network=text, country=text, asn=1, note=text)
    cells = next(csv.reader(io.StringIO(csv_lines([row]))))
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    shown = [*cells, *map(str, event_grid_row(row).values())]
    assert not [cell for cell in shown if "\u202e" in cell or "\x00" in cell or len(cell) > 600]
    assert event_json(row).isascii()


def test_a_csv_line_names_its_columns_and_times_in_utc() -> None:
    row = event(reasons=(Reason("burst", 0.95),), until=1_764_000_600.0, ban_seconds=600)
    lines = list(csv.DictReader(io.StringIO(csv_lines([row], heading=True))))
    assert lines[0]["time"] == "2025-11-24T16:00:00.000Z"
    assert lines[0]["until"] == "2025-11-24T16:10:00.000Z"
    assert lines[0]["reasons"] == "burst 0.95"
    assert lines[0]["ban_seconds"] == "600"


def test_the_path_of_a_client_stays_a_path_of_ours() -> None:
    assert client_path("203.0.113.7") == "client/203.0.113.7"
    assert client_path("2001:db8::/64") == "client/2001:db8::"
    assert client_path("//evil.example") == ""
    assert client_path("javascript:alert(1)") == "client/javascript:alert%281%29"


def test_a_cursor_survives_an_address_and_nonsense_is_none() -> None:
    cursor = (datetime(2026, 11, 23, 9, 41, 7, 120_000, UTC), "1764-0_x")
    assert cursor_from_text(cursor_text(cursor)) == cursor
    for nonsense in ("", "x", None, 7, "2026-11-23T09:00:00_x", "2026-11-23T09:00:00Z"):
        assert cursor_from_text(nonsense) is None


def test_values_are_included_and_excluded_in_an_address_and_taken_out_again() -> None:
    wanted = filter_from_search(
        "?not_country=de&not_country=US&not_asn=AS7&not_asn=x&user_agent=curl%2F8&asn=7"
    )
    assert wanted == EventFilter(
        asn=7, user_agent="curl/8", excluded=(("country", "DE"), ("country", "US"), ("asn", "7"))
    )
    assert filter_from_search(wanted.to_search(range="1h")) == wanted
    assert wanted.without("not_country", "US").excluded_of("country") == ("DE",)
    assert wanted.without("asn", "7").asn == 0


def test_who_filters_by_a_value_excludes_it_no_more_and_the_other_way_round() -> None:
    wanted = EventFilter(excluded=(("country", "SG"), ("country", "DE"))).including("country", "SG")
    assert wanted == EventFilter(country="SG", excluded=(("country", "DE"),))
    assert wanted.excluding("country", "SG") == EventFilter(excluded=(("country", "DE"), ("country", "SG")))
    assert EventFilter(asn=7).excluding("asn", "8") == EventFilter(asn=7, excluded=(("asn", "8"),))


def test_an_address_excludes_a_bounded_number_of_values() -> None:
    search = "?" + "&".join(f"not_route=r{number}" for number in range(90))
    assert len(filter_from_search(search).excluded) == 10


@pytest.mark.parametrize(
    ("wanted", "is_wanted"),
    [
        (EventFilter(), True),
        (EventFilter(country="SG", asn=7, route="login", signal="regularity", user_agent="curl/8"), True),
        (EventFilter(country="DE"), False),
        (EventFilter(signal="identity"), False),
        (EventFilter(excluded=(("signal", "burst"),)), False),
        (EventFilter(excluded=(("asn", "8"), ("country", "DE"), ("signal", "identity"))), True),
        (EventFilter(country="SG", excluded=(("country", "SG"),)), False),
    ],
)
def test_an_event_matches_what_is_asked(wanted: EventFilter, is_wanted: bool) -> None:
    reasons = (Reason("burst", 0.9), Reason("regularity", 0.2))
    one = event(country="SG", asn=7, route="login", reasons=reasons, user_agent="curl/8").event
    assert wanted.matches(one) is is_wanted
