"""The parts a page is built from. Attacker's text only ever becomes plain text of a component or a cell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dash_ag_grid
import dash_mantine_components as dmc
from dash import dcc, html

from dash_app import identifiers as ids

GRAPH_HEIGHT = "330px"
BAN_ROW_PIXELS, BAN_HEAD_PIXELS, MOST_BAN_ROWS = 32, 36, 10  # of the table: it is as high as what is in it
BANS_EMPTY = {"height": "90px"}
GRAPH_CONFIG = {"displayModeBar": False, "showSendToCloud": False, "responsive": True}

HIDDEN_FROM_READERS: Any = {"aria-hidden": "true"}

BAN_COLUMNS = (
    ("time", "Time (UTC)", 190),
    ("address", "Address", 150),
    ("country", "Country", 130),
    ("network", "Network", 210),
    ("score", "Score", 80),
    ("reasons", "Reasons", 300),
    ("route", "Route", 110),
    ("path", "Path", 180),
    ("length", "Ban", 80),
    ("state", "State", 150),
    ("user_agent", "User agent", 260),
)


def build_card(identifier: str, title: str) -> dmc.Paper:
    """One number with its title above, its line beside it, and below its window and how it changed."""
    return dmc.Paper(
        [
            html.Div(title, className="card-title"),
            html.Div(
                [
                    html.Div("–", id=identifier, className="card-value"),
                    html.Div(id=f"{identifier}-spark", className="spark", **HIDDEN_FROM_READERS),
                ],
                className="card-row",
            ),
            html.Div("loading …", id=f"{identifier}-note", className="card-note"),
            html.Div("", id=f"{identifier}-change", className="card-note"),
        ],
        className="card",
        withBorder=True,
        radius="md",
    )


def build_legend(entries: Iterable[tuple[str, str, str]]) -> html.Ul:
    """(name, colour, kind of mark: area, dash or triangle) of the traces of a chart."""
    return html.Ul(
        [
            html.Li([html.Span(className=f"mark mark-{kind}", style={"color": colour}), name])
            for name, colour, kind in entries
        ],
        className="legend",
    )


def build_panel(
    title: str, *children: Any, note: str = "", told: str = "", class_name: str = ""
) -> dmc.Paper:
    """A titled box; ``note`` is the id of a line beside the title, ``told`` what it says at first."""
    heading: list[Any] = [html.H2(title, className="panel-title")]
    if note:
        heading.append(html.Span(told, id=note, className="panel-note"))
    return dmc.Paper(
        [html.Div(heading, className="panel-head"), *children],
        className=f"panel {class_name}",
        withBorder=True,
        radius="md",
    )


def build_graph(identifier: str, topojson_url: str = "", height: str = GRAPH_HEIGHT) -> dcc.Graph:
    """An empty graph; a map takes its land from our own files."""
    config: Any = GRAPH_CONFIG | ({"topojsonURL": topojson_url} if topojson_url else {})
    figure: dict[str, Any] = {"layout": {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}}
    if topojson_url:
        figure["layout"] |= {"geo": {"visible": False, "fitbounds": False}}
    return dcc.Graph(id=identifier, config=config, figure=figure, style={"height": height})


def build_bans_table() -> dash_ag_grid.AgGrid:
    """The last bans; every cell is text."""
    return dash_ag_grid.AgGrid(
        id=ids.BANS,  # without rowData it says that it is loading
        columnDefs=[
            {"field": field, "headerName": name, "width": width, "tooltipField": field}
            for field, name, width in BAN_COLUMNS
        ],
        defaultColDef={"sortable": True, "resizable": True},
        getRowId="params.data.id",
        dashGridOptions={
            "animateRows": False,
            "suppressFieldDotNotation": True,
            "enableCellTextSelection": True,
            "tooltipShowDelay": 300,
            "localeText": {"noRowsToShow": "No bans in this range"},
            "rowHeight": BAN_ROW_PIXELS,
            "headerHeight": BAN_HEAD_PIXELS,
        },
        className="bans",
        style=BANS_EMPTY,
    )


def bans_style(rows: int) -> dict[str, str]:
    """The height of the table of bans: up to ten rows, then it scrolls."""
    if not rows:
        return BANS_EMPTY
    scrollbar = 20  # pixels, of the columns
    return {"height": f"{BAN_HEAD_PIXELS + min(rows, MOST_BAN_ROWS) * BAN_ROW_PIXELS + scrollbar}px"}


def build_notice(title: str, text: str, colour: str) -> dmc.Alert:
    """A banner above the page."""
    return dmc.Alert(text, title=title, color=colour, variant="light", radius="md", className="notice")


def build_empty_state() -> dmc.Paper:
    """What to do when nothing was ever recorded."""
    return dmc.Paper(
        [
            html.H2("No traffic recorded in this range", className="panel-title"),
            html.P("Send a request through the gateway and it appears here within three seconds:"),
            html.Code("curl -i http://127.0.0.1:8080/"),
            html.P("Or play a launch with shoppers and a sneaker bot:"),
            html.Code("make attack"),
        ],
        withBorder=True,
        radius="md",
        className="panel empty",
    )
