"""The allow-list and deny-list: a table of both, a form to add, a button to remove. Operators only, as in
``action_dialog``: the server asks at every call.
"""

from __future__ import annotations

from typing import Any

import dash_ag_grid
import dash_mantine_components as dmc
from dash import Input, Output, State, callback, ctx, html, no_update

from dash_app import components, system_view
from dash_app import identifiers as ids
from dash_app.access import NotAllowedError, current_user, require_operator
from dash_app.action_dialog import LENGTH_LABELS, LENGTHS_SECONDS, WITHOUT_END
from dash_app.investigation import investigation
from dash_app.operator_desk import DeskError, OperatorDesk
from decider.core.security_event import clip

GRID, DONE, FAULT = "lists", "lists-done", "lists-fault"
NAME, NETWORK, LENGTH, REASON = "lists-name", "lists-network", "lists-length", "lists-reason"
ADD, REMOVE, HAPPENED = "lists-add", "lists-remove", "lists-happened"
COLUMNS = (
    ("list", "List", 90),
    ("network", "Network", 200),
    ("until", "Until (UTC)", 190),
    ("since", "Since (UTC)", 190),
    ("actor", "By", 130),
    ("note", "Reason", 320),
)


def build_list_editor() -> html.Div:
    """Everybody sees the lists, operators the form."""
    try:
        is_operator = current_user().is_operator
    except NotAllowedError:
        is_operator = False
    lengths = [{"value": key, "label": label.split(" (")[0]} for key, label in LENGTH_LABELS.items()]
    form = html.Div(
        [
            dmc.Select(
                id=NAME, label="List", data=["allow", "deny"], value="allow", size="xs", allowDeselect=False
            ),
            dmc.TextInput(
                id=NETWORK, label="Address or network", placeholder="203.0.113.0/24", value="", size="xs"
            ),
            dmc.Select(
                id=LENGTH, label="How long", data=lengths, value=WITHOUT_END, size="xs", allowDeselect=False
            ),
            dmc.TextInput(id=REASON, label="Reason", value="", size="xs"),
            dmc.Button("Add", id=ADD, size="xs", n_clicks=0),
            dmc.Button("Remove selected", id=REMOVE, size="xs", variant="default", n_clicks=0),
        ],
        className="filters",
        style={} if is_operator else {"display": "none"},
    )
    hint = html.P("Changing the lists needs the role operator.", className="hint")
    return html.Div(
        [
            form,
            *([] if is_operator else [hint]),
            html.P("", id=FAULT, className="fault", role="alert"),
            html.Div(id=DONE, role="status", className="notices"),
            _build_table(),
        ]
    )


def _build_table() -> dash_ag_grid.AgGrid:
    return dash_ag_grid.AgGrid(
        id=GRID,
        rowData=None,  # until both lists are read the table says that it loads
        columnDefs=[
            {"field": field, "headerName": heading, "width": width, "tooltipField": field}
            for field, heading, width in COLUMNS
        ],
        defaultColDef={"resizable": True, "sortable": True},
        getRowId="params.data.id",
        dashGridOptions={
            "animateRows": False,
            "suppressFieldDotNotation": True,
            "enableCellTextSelection": True,
            "rowSelection": {"mode": "singleRow", "enableClickSelection": True, "checkboxes": True},
            "localeText": {"noRowsToShow": "Both lists are empty"},
        },
        className="lists",
    )


@callback(
    Output(GRID, "rowData"),
    Output(FAULT, "children"),
    Output(DONE, "children"),
    Output(REASON, "value"),
    Input(ids.STATUS_TICK, "n_intervals"),
    Input(ADD, "n_clicks"),
    Input(REMOVE, "n_clicks"),
    State(NAME, "value"),
    State(NETWORK, "value"),
    State(LENGTH, "value"),
    State(REASON, "value"),
    State(GRID, "selectedRows"),
)
def edit(_ticks: int, _add: int, _remove: int, *asked: Any) -> Any:
    """Change what was asked for, and show the lists as they are then."""
    desk = investigation().desk
    fault: Any = no_update
    done: Any = no_update
    reason: Any = no_update
    if ctx.triggered_id in {ADD, REMOVE}:
        try:
            told = change(desk, require_operator().name, str(ctx.triggered_id), asked)
            fault, done, reason = "", [components.build_notice("Done", told, "green")], ""
        except (DeskError, NotAllowedError) as error:
            fault, done = str(error), []
    try:
        rows = system_view.listing_rows(desk.listings())
    except DeskError:
        return no_update, "Redis does not answer: the lists cannot be read or changed.", done, reason
    return rows, fault, done, reason


def change(desk: OperatorDesk, actor: str, button: str, asked: tuple[Any, ...]) -> str:
    """``asked`` is what a browser sent: list, network, length, reason, selected rows. Raises DeskError."""
    name, network, length, reason, selected = asked
    note = clip(reason.strip()) if isinstance(reason, str) else ""
    if not note:
        raise DeskError("Write a reason: whoever reads the audit log later will ask.")
    if button == REMOVE:
        row = selected[0] if isinstance(selected, list) and selected else None
        if not isinstance(row, dict):
            raise DeskError("Select the entry to remove first.")
        return desk.take_off_list(actor, str(row.get("list")), str(row.get("network")), note)
    seconds = LENGTHS_SECONDS.get(str(length))
    if seconds is None and length != WITHOUT_END:
        raise DeskError("Choose how long.")
    return desk.put_on_list(actor, str(name), [str(network or "")], seconds, note)
