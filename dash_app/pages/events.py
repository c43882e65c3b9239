"""Events: every recorded change of state, filtered by the address, page by page, whole as JSON and as CSV."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, callback, ctx, dcc, html, no_update

from dash_app import components
from dash_app import identifiers as ids
from dash_app.event_cursor import cursor_from_text, cursor_text
from dash_app.event_filter import (
    FIELD_NAMES,
    EventFilter,
    filter_from_fields,
    filter_from_search,
    range_query,
    search_of,
)
from dash_app.event_page_text import told
from dash_app.event_rows import event_grid_row, event_json
from dash_app.event_tables import build_event_details, build_events_table
from dash_app.events_export import PATH
from dash_app.investigation import investigation
from dash_app.ranges import range_from_search
from dash_app.reader import DatabaseUnavailableError
from decider.core.security_event import EventKind

dash.register_page(__name__, path="/events", title="Decider: events")

PAGE_ROWS = 100
SEARCH, SHOWN, GRID, NOTICE, STATE = (
    "events-search",
    "events-shown",
    "events",
    "events-notice",
    "events-state",
)
OLDER, NEWEST, APPLY, CLEAR, DETAILS = (
    "events-older",
    "events-newest",
    "events-apply",
    "events-clear",
    "event",
)
FIELD = "events-field"  # type of the pattern-matching ids of the filters
LABELS = {
    "client": "Client",
    "kind": "What",
    "country": "Country (DE, SG)",
    "asn": "Network number (AS)",
    "route": "Route",
    "signal": "Signal",
    "request_id": "Request id",
    "text": "Text, anywhere",
}


NOTHING_SHOWN = {"cursor": "", "older": "", "clicks": [0, 0]}  # clicks on Older and Newest that are answered


def layout(**query: Any) -> html.Div:
    """The filters as the address has them; the first callback fills the table."""
    search = search_of(query)
    wanted = filter_from_search(search)
    return html.Div(
        [
            dcc.Store(id=SEARCH, data=search),
            dcc.Store(id=SHOWN, data=NOTHING_SHOWN),
            html.Div(html.H1("Events"), className="toolbar"),
            html.Div(id=NOTICE, className="notices"),
            components.build_panel("Filters", _build_filters(wanted), _build_buttons(search)),
            components.build_panel(
                "Recorded events",
                build_events_table(GRID),
                html.Div(
                    [
                        dmc.Button("Newest", id=NEWEST, size="xs", variant="default", n_clicks=0),
                        dmc.Button("Older", id=OLDER, size="xs", variant="default", n_clicks=0),
                        html.Span("Loading …", id=STATE, role="status"),
                    ],
                    className="pager",
                ),
            ),
            components.build_panel("Selected event", build_event_details(DETAILS)),
        ]
    )


def _build_filters(wanted: EventFilter) -> html.Div:
    filled = wanted.to_query()
    return html.Div([_build_field(name, filled.get(name, "")) for name in FIELD_NAMES], className="filters")


def _build_field(name: str, value: str) -> Any:
    identifier = {"type": FIELD, "name": name}
    if name == "kind":
        kinds = [{"value": kind.value, "label": kind.value.replace("_", " ")} for kind in EventKind]
        return dmc.Select(
            id=identifier, label=LABELS[name], data=kinds, value=value or None, clearable=True, size="xs"
        )
    return dmc.TextInput(
        id=identifier, label=LABELS[name], value=value, size="xs", n_submit=0, debounce=False
    )


def _build_buttons(search: str) -> html.Div:
    export = dash.get_relative_path(f"/{PATH}")
    everything = filter_from_search(search).to_search(**range_query(search))
    return html.Div(
        [
            dmc.Button("Apply", id=APPLY, size="xs", n_clicks=0),
            dmc.Button("Clear", id=CLEAR, size="xs", variant="default", n_clicks=0),
            html.A("CSV of all of these", href=export + everything, id="events-csv", className="button-link"),
        ],
        className="filter-buttons",
    )


@callback(
    output=Output(ids.ADDRESS, "search", allow_duplicate=True),
    inputs={
        "pressed": (
            Input(APPLY, "n_clicks"),
            Input(CLEAR, "n_clicks"),
            Input({"type": FIELD, "name": dash.ALL}, "n_submit"),
        )
    },
    state={
        "values": State({"type": FIELD, "name": dash.ALL}, "value"),
        "names": State({"type": FIELD, "name": dash.ALL}, "id"),
        "search": State(ids.ADDRESS, "search"),
    },
    prevent_initial_call=True,
)
def apply(pressed: tuple[int, int, list[int | None]], values: list[Any], names: Any, search: str) -> Any:
    """The filters become the address, and the address the page: links and the browser's back button work."""
    if not (pressed[0] or pressed[1] or any(pressed[2])):
        return no_update  # fields appear, nobody pressed anything
    filled = {one["name"]: value for one, value in zip(names, values, strict=True)}
    before = filter_from_search(search)  # what the form has no field for stays
    kept = replace(filter_from_fields(filled), user_agent=before.user_agent, excluded=before.excluded)
    wanted = EventFilter() if ctx.triggered_id == CLEAR else kept
    return wanted.to_search(**range_query(search))


@callback(
    Output(GRID, "rowData"),
    Output(STATE, "children"),
    Output(NOTICE, "children"),
    Output(SHOWN, "data"),
    Output(OLDER, "disabled"),
    Input(ids.TICK, "n_intervals"),
    Input(OLDER, "n_clicks"),
    Input(NEWEST, "n_clicks"),
    State(SEARCH, "data"),
    State(SHOWN, "data"),
    # a slow answer would be thrown away by the next tick
    running=[(Output(ids.TICK, "disabled"), True, False)],
)
def fill(_ticks: int, older_clicks: int, newest_clicks: int, search: str, shown: dict[str, Any]) -> Any:
    """A page of events; the first page of a live range follows what happens.

    Clicks are told by their counts: a tick that overtakes a click answers it.
    """
    clicks = [older_clicks, newest_clicks]
    text = shown["cursor"]
    if newest_clicks != shown["clicks"][1]:
        text = ""
    elif older_clicks != shown["clicks"][0]:
        text = shown["older"]
    elif text:
        return (no_update,) * 5  # who reads older events is not pulled away
    wanted, span, parts = filter_from_search(search), range_from_search(search), investigation()
    now = parts.clock()
    try:
        page = parts.events.page(wanted, span.start(now), span.end(now), PAGE_ROWS, cursor_from_text(text))
    except DatabaseUnavailableError as error:
        text = f"MongoDB does not answer ({error}). Trying again all the time."
        notice = components.build_notice("Database unreachable", text, "red")
        return no_update, no_update, [notice], no_update, no_update
    rows = [event_grid_row(one) for one in page.rows]
    for row in rows:
        row["href"] = dash.get_relative_path(f"/{row['href']}") if row["href"] else ""
    older = cursor_text(page.older) if page.older else ""
    return rows, told(page, span, wanted), [], {"cursor": text, "older": older, "clicks": clicks}, not older


@callback(Output(DETAILS, "children"), Input(GRID, "selectedRows"), prevent_initial_call=True)
def show(selected: list[dict[str, Any]] | None) -> Any:
    """The selected event, whole."""
    if not selected:
        return no_update
    try:
        row = investigation().events.event(str(selected[0].get("id", "")))
    except DatabaseUnavailableError as error:
        return f"MongoDB does not answer ({error})."
    return event_json(row) if row else "This event is no longer kept."
