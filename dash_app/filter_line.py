"""Which filters an address carries, said on the page, each with a link that drops it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dash import dcc, html

from dash_app.countries import country_name
from dash_app.event_filter import EventFilter, filter_from_search, range_query

WORDS = {
    "client": "client",
    "kind": "what",
    "country": "country",
    "asn": "network AS",
    "route": "route",
    "signal": "signal",
    "request_id": "request id",
    "text": "text",
}


def build_filter_line(search: str, path: str) -> Any:
    """``Only: country Singapore ×``; nothing without filters. ``path`` is the page's own, with its prefix."""
    wanted = filter_from_search(search)
    if wanted.is_empty:
        return None
    kept = range_query(search)
    links = [
        dcc.Link(
            f"{said(name, value)} ×",
            href=path + replace(wanted, **{name: getattr(EventFilter(), name)}).to_search(**kept),
            className="button-link",
            title="Drop this filter",
        )
        for name, value in wanted.to_query().items()
    ]
    return html.Div([html.Span("Only", className="hint"), *links], className="filter-buttons filter-line")


def build_ignored_line(search: str) -> Any:
    """That a page shows everything, whatever filters it was given to carry along; nothing without filters."""
    wanted = filter_from_search(search)
    if wanted.is_empty:
        return None
    told = ", ".join(said(name, value) for name, value in wanted.to_query().items())
    return html.P(
        f"All traffic is counted here. Filters that wait for other pages: {told}.", className="hint"
    )


def said(name: str, value: str) -> str:
    """``country Singapore``; plain text, whoever wrote the address."""
    return f"{WORDS[name]} {country_name(value) if name == 'country' else value}"
