"""A field that leads from what a customer or a log names, address or request id, to what is known of it."""

from __future__ import annotations

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, callback, no_update

from dash_app import identifiers as ids
from dash_app.event_filter import LONGEST_FILTER_CHARACTERS, EventFilter, range_query
from dash_app.event_rows import client_path
from dash_app.operator_desk import DeskError, client_name
from decider.core.security_event import clip

LABEL = "Address or request id"


def identifier(page: str) -> str:
    """``offenders-look-up``."""
    return f"{page}-look-up"


def build_look_up(page: str) -> dmc.TextInput:
    """Enter leads to the client's page or to the event."""
    named: dict[str, Any] = {"aria-label": LABEL}
    return dmc.TextInput(
        id=identifier(page), placeholder=f"{LABEL}, Enter", value="", n_submit=0, size="xs", w=230, **named
    )


def connect_look_up(page: str) -> None:
    """Once a page."""

    @callback(
        Output(ids.ADDRESS, "href", allow_duplicate=True),
        Input(identifier(page), "n_submit"),
        State(identifier(page), "value"),
        State(ids.ADDRESS, "search"),
        prevent_initial_call=True,
    )
    def look_up(submits: int | None, text: Any, search: str | None) -> Any:
        path = place_of(text, search) if submits and isinstance(text, str) else ""
        return dash.get_relative_path(path) if path else no_update


def place_of(text: str, search: str | None) -> str:
    """``/client/203.0.113.7?range=1h`` or ``/events?request_id=...``; empty where nothing was asked."""
    asked = clip(text.strip(), LONGEST_FILTER_CHARACTERS)
    if not asked:
        return ""
    try:
        return f"/{client_path(client_name(asked))}{EventFilter().to_search(**range_query(search))}"
    except DeskError:
        return f"/events{EventFilter(request_id=asked).to_search(**range_query(search))}"
