"""The skeleton of the overview: every tile before its first data, which says that it is loading."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import dcc, html

from dash_app import components, figures, top_tiles
from dash_app import identifiers as ids
from dash_app.top_tiles import LOADING

FIRST = "first"  # the cursor of a page that has drawn nothing yet
CHART_HEIGHT = "270px"  # the map is as wide as high there, and the attacks begin on a laptop's first screen
HIDDEN = {"display": "none"}
MARKS = {"would_block": "dash", "fail_open": "triangle"}
CARDS = (
    (ids.KPI_REQUESTS, "Requests / s"),
    (ids.KPI_BLOCKED, "Blocked / s"),
    (ids.KPI_SHARE, "Blocked share"),
    (ids.KPI_BANS, "Active bans"),
    (ids.KPI_SAVED, "Estimated saved"),
)


def build_overview(topojson_url: str) -> html.Div:
    """``topojson_url`` is where the map's land lies among our own files."""
    return html.Div(
        [
            dcc.Store(id=ids.CURSOR, data={"range": FIRST, "until": 0, "ticks": 0, "shown": {}}),
            dcc.Store(id=ids.SPARKLINES),
            dcc.Store(id=ids.SPARKLINES_DRAWN),
            html.Div(html.H1("Overview"), className="toolbar"),
            html.Div(id=ids.NOTICE, className="notices"),
            html.Div(components.build_empty_state(), id=ids.EMPTY, style=HIDDEN),
            html.Div(_build_tiles(topojson_url), id=ids.CONTENT),
        ]
    )


def _build_tiles(topojson_url: str) -> list[html.Div | dmc.Paper]:
    return [
        html.Div([components.build_card(*one) for one in CARDS], className="cards"),
        html.Div(_build_charts(topojson_url), className="charts overview-charts"),
        components.build_panel(
            "Attacks in progress",
            html.Div(html.P(LOADING, className="hint"), id=ids.ATTACKS),
            note=ids.ATTACKS_NOTE,
            told=LOADING,
        ),
        html.Div(top_tiles.build_loading(), id=ids.TOPS, className="tops"),
        components.build_panel("Last bans", components.build_bans_table(), note=ids.BANS_NOTE, told=LOADING),
        components.build_panel(
            "How the saving is estimated", html.P(LOADING, id=ids.SAVED_INPUTS, className="inputs")
        ),
    ]


def _build_charts(topojson_url: str) -> list[dmc.Paper]:
    legend = ((name, colour, MARKS.get(field, "area")) for field, (name, colour) in figures.TRACES.items())
    return [
        components.build_panel(
            "Traffic",
            components.build_legend(legend),
            components.build_graph(ids.TRAFFIC, height=CHART_HEIGHT),
            note=ids.TRAFFIC_NOTE,
            told=LOADING,
        ),
        components.build_panel(
            "Where threats come from",
            components.build_graph(ids.MAP, topojson_url, CHART_HEIGHT),
            html.P(
                "A click on a country filters by it, as the list of countries below does.", className="hint"
            ),
            note=ids.MAP_NOTE,
            told=LOADING,
        ),
    ]
