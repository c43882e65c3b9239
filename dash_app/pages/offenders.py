"""Offenders: who was banned in the range, and what an operator does about it."""

from __future__ import annotations

from typing import Any

import dash
import dash_ag_grid
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, no_update

from dash_app import components
from dash_app import identifiers as ids
from dash_app.action_dialog import build_actions, connect_actions, identifier
from dash_app.event_filter import filter_from_search, search_of
from dash_app.event_tables import LINK
from dash_app.filter_line import build_filter_line
from dash_app.investigation import investigation
from dash_app.look_up import build_look_up, connect_look_up
from dash_app.offender_reader import PATIENCE_SECONDS, Offenders, sorted_page
from dash_app.offender_rows import OFFENDER_COLUMNS, SORTED_BY, offender_row, offenders_csv
from dash_app.operator_desk import DeskError
from dash_app.ranges import Range, range_from_search
from dash_app.reader import DatabaseUnavailableError
from dash_app.texts import clock

dash.register_page(__name__, path="/offenders", title="Decider: offenders")

PAGE = GRID = "offenders"
BLOCK_ROWS = 50
AGAIN_SECONDS = 1.0  # of looking further back once something is shown
SEARCH, NOTICE, STATE = "offenders-search", "offenders-notice", "offenders-state"
REFRESHED, PARTIAL = "offenders-refreshed", "offenders-partial"
EXPORT_PATH = "offenders.csv"
SELECTED_NAME = "decider-offenders-selected.csv"
SELECTED_CSV, DOWNLOAD = "offenders-csv-selected", "offenders-download"


def layout(**query: Any) -> html.Div:
    """An empty table that asks for its rows itself."""
    search = search_of(query)
    export = dash.get_relative_path(f"/{EXPORT_PATH}") + search
    return html.Div(
        [
            dcc.Store(id=SEARCH, data=search),
            dcc.Store(id=PARTIAL, data=False),
            dcc.Store(id=REFRESHED),
            html.Div([html.H1("Offenders"), build_look_up(PAGE)], className="toolbar"),
            build_filter_line(search, dash.get_relative_path("/offenders")),
            html.Div(id=NOTICE, className="notices"),
            components.build_panel(
                "Clients that were banned, or would have been",
                html.Div(
                    [
                        build_actions(PAGE),
                        html.A("CSV of all", href=export, id="offenders-csv", className="button-link"),
                        _build_selected_csv(),
                        dcc.Download(id=DOWNLOAD),
                    ],
                    className="filter-buttons",
                ),
                html.P("Loading …", id=STATE, className="hint", role="status"),
                _build_table(),
            ),
        ]
    )


def _build_selected_csv() -> dmc.Button:
    return dmc.Button("CSV of selected", id=SELECTED_CSV, size="xs", variant="default", n_clicks=0)


def _build_table() -> dash_ag_grid.AgGrid:
    columns: list[dict[str, Any]] = [
        {
            "field": field,
            "headerName": heading,
            "width": width,
            "tooltipField": field,
            "sortable": bool(sort_by),
        }
        for field, heading, width, sort_by in OFFENDER_COLUMNS
    ]
    columns[0]["cellRenderer"] = LINK
    return dash_ag_grid.AgGrid(
        id=GRID,
        columnDefs=columns,
        rowModelType="infinite",
        defaultColDef={"resizable": True, "sortingOrder": ["desc", "asc", None]},
        getRowId="params.data.client",
        dashGridOptions={
            "animateRows": False,
            "suppressFieldDotNotation": True,
            "enableCellTextSelection": True,
            "tooltipShowDelay": 300,
            "cacheBlockSize": BLOCK_ROWS,
            "maxConcurrentDatasourceRequests": 1,
            "infiniteInitialRowCount": 1,
            "rowSelection": {"mode": "multiRow", "headerCheckbox": False, "enableClickSelection": False},
        },
        className="offenders",
    )


connect_actions(PAGE, State(GRID, "selectedRows"))
connect_look_up(PAGE)
clientside_callback(
    ClientsideFunction(namespace="investigation", function_name="refresh"),
    Output(REFRESHED, "data"),
    Input(ids.TICK, "n_intervals"),
    Input(identifier(PAGE, "happened"), "data"),
    Input(ids.STATUS_TICK, "n_intervals"),
    State(PARTIAL, "data"),
)


@callback(
    Output(GRID, "getRowsResponse"),
    Output(STATE, "children"),
    Output(NOTICE, "children"),
    Output(PARTIAL, "data"),
    Input(GRID, "getRowsRequest"),
    State(SEARCH, "data"),
    State(PARTIAL, "data"),
    prevent_initial_call=True,
)
def rows(request: dict[str, Any] | None, search: str, is_partial: Any) -> Any:
    """The rows that the table scrolled to, in its order."""
    first = _whole((request or {}).get("startRow"), 0)
    sort_by, descending = _order((request or {}).get("sortModel"))
    span, parts = range_from_search(search), investigation()
    now = parts.clock()
    wanted = filter_from_search(search)
    try:
        patience_seconds = AGAIN_SECONDS if is_partial is True else PATIENCE_SECONDS
        found = parts.offenders.offenders(span.key, wanted, span.start(now), span.end(now), patience_seconds)
        page = parts.offenders.with_latest(sorted_page(found, sort_by, descending, first, BLOCK_ROWS))
    except DatabaseUnavailableError as error:
        text = f"MongoDB does not answer ({error}). Trying again all the time."
        notice = components.build_notice("Database unreachable", text, "red")
        return {"rowData": [], "rowCount": 0}, "", [notice], True
    notices = []
    try:
        standings = parts.desk.standings([one.client for one in page])
    except DeskError:
        text = "States are those of the last recorded event: Redis, which knows the present, does not answer."
        standings, notices = {}, [components.build_notice("State of the last event", text, "orange")]
    data = [offender_row(one, standings.get(one.client), now) for one in page]
    for row in data:
        row["href"] = dash.get_relative_path(f"/{row['href']}") if row["href"] else ""
    start = span.start(now)
    shown = {"rowData": data, "rowCount": len(found.clients)}
    return shown, told(found, span, start), notices, is_still_looking(found, start)


@callback(
    Output(DOWNLOAD, "data"),
    Output(NOTICE, "children", allow_duplicate=True),
    Input(SELECTED_CSV, "n_clicks"),
    State(GRID, "selectedRows"),
    prevent_initial_call=True,
)
def selected_csv(clicks: int | None, selected: Any) -> Any:
    """The selected rows as they are shown, formulas defused."""
    if not clicks:
        return no_update, no_update
    if not selected or not isinstance(selected, list):
        notice = components.build_notice("Nobody chosen", "Select one or more clients first.", "blue")
        return no_update, [notice]
    lines = [row for row in selected if isinstance(row, dict)]
    return {"content": offenders_csv(lines), "filename": SELECTED_NAME, "type": "text/csv"}, []


def is_still_looking(found: Offenders, start: float) -> bool:
    """Whether older offenders of the range are still to come."""
    return found.complete_since > start


def told(found: Offenders, span: Range, start: float) -> str:
    """How many, and of which time."""
    clients = f"{len(found.clients):,} client{'' if len(found.clients) == 1 else 's'}"
    if is_still_looking(found, start):
        since = clock(found.complete_since)
        return f"{clients} since {since} UTC; still looking further back {span.phrase} …"
    return f"{clients} {span.phrase}." if found.clients else f"Nobody was banned {span.phrase}."


def _order(sort_model: Any) -> tuple[str, bool]:
    if isinstance(sort_model, list) and sort_model and isinstance(sort_model[0], dict):
        first = sort_model[0]
        return SORTED_BY.get(str(first.get("colId")), "last"), first.get("sort") == "desc"
    return "last", True


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and 0 <= value < 10_000_000 else otherwise
