"""The filters of an address as chips above the page: each is a link to the same page without it. Pure."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dash_app.components import HIDDEN_FROM_READERS
from dash_app.event_filter import NOT, EventFilter, filter_from_search, range_query
from dash_app.top_lists import label_of

NAMES = {
    "client": "Client",
    "kind": "What",
    "country": "Country",
    "asn": "Network",
    "route": "Route",
    "signal": "Signal",
    "request_id": "Request id",
    "text": "Text",
    "user_agent": "User agent",
}
LONGEST_CHIP_CHARACTERS = 60
FILTERED_WHOLE = ("offenders", "events")  # pages that go by every filter
UNFILTERED = {
    "savings": "This page counts everything.",
    "client": "This page shows one client, whatever it did.",
}


def build_chips(pathname: str, search: str, prefix: str = "/") -> list[Any]:
    """Nothing where nothing is asked."""
    page = (pathname or "/").removeprefix(prefix).strip("/").partition("/")[0]
    wanted = filter_from_search(search)
    if page not in FILTERED_WHOLE:
        wanted = wanted.carried
    if wanted.is_empty:
        return []
    kept = range_query(search)
    chips: list[Any] = [_build_chip(wanted, name, value, pathname, kept) for name, value in wanted.parts()]
    everything = pathname + EventFilter().to_search(**kept)
    chips.append(dcc.Link("Clear filters", href=everything, className="narrow"))
    if page in UNFILTERED:
        chips.append(html.Span(UNFILTERED[page], className="muted"))
    return chips


def chip_text(name: str, value: str) -> str:
    """``Country: Singapore``; ``Country is not Singapore``."""
    field = name.removeprefix(NOT)
    label = value.replace("_", " ") if field == "kind" else label_of(field, value)
    if len(label) > LONGEST_CHIP_CHARACTERS:
        label = f"{label[:LONGEST_CHIP_CHARACTERS]}…"
    return f"{NAMES[field]} is not {label}" if name.startswith(NOT) else f"{NAMES[field]}: {label}"


def _build_chip(wanted: EventFilter, name: str, value: str, pathname: str, kept: dict[str, str]) -> dcc.Link:
    left_out = html.Span(" (remove)", className="unseen")
    mark = html.Span("×", className="chip-mark", **HIDDEN_FROM_READERS)
    return dcc.Link(
        [chip_text(name, value), left_out, mark],
        href=pathname + wanted.without(name, value).to_search(**kept),
        className="chip chip-not" if name.startswith(NOT) else "chip",
    )
