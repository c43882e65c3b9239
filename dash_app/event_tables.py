"""The tables of the investigation's pages. Every cell is text; the one link is made of an address of ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dash_ag_grid
from dash import html

from dash_app.event_rows import EVENT_COLUMNS

LINK = "ClientLink"  # in assets/dashAgGridComponentFunctions.js


def build_events_table(identifier: str, leave_out: Iterable[str] = ()) -> dash_ag_grid.AgGrid:
    """One page of events; selecting a row (click, or space on it) shows it whole."""
    left_out = frozenset(leave_out)
    columns: list[dict[str, Any]] = [
        {"field": field, "headerName": heading, "width": width, "tooltipField": field}
        for field, heading, width in EVENT_COLUMNS
        if field not in left_out
    ]
    for column in columns:
        if column["field"] == "client":
            column["cellRenderer"] = LINK
    return dash_ag_grid.AgGrid(
        id=identifier,
        rowData=None,  # until the first answer: an empty table would say that there is nothing
        columnDefs=columns,
        # sorting one page would pass for sorting all
        defaultColDef={"sortable": False, "resizable": True},
        getRowId="params.data.id",
        dashGridOptions={
            "animateRows": False,
            "suppressFieldDotNotation": True,
            "enableCellTextSelection": True,
            "tooltipShowDelay": 300,
            "rowSelection": {"mode": "singleRow", "enableClickSelection": True, "checkboxes": False},
            "localeText": {"noRowsToShow": "No event in this range has all of these properties"},
        },
        className="events",
    )


def build_event_details(identifier: str) -> html.Pre:
    """Where the selected event is shown as JSON."""
    return html.Pre("Select an event to see all of it.", id=identifier, className="event-json", tabIndex=0)
