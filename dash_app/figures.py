"""Rows -> figures. Pure; no text that an attacker chose ever enters a figure, because Plotly renders markup.

Backgrounds are transparent and texts mid-grey, so that both colour schemes work without a redraw. Colours are
of Okabe and Ito's palette, which colour-blind readers can tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from plotly import graph_objects

from dash_app.countries import countries
from dash_app.ranges import TrafficPoint

ALLOWED, BLOCKED, CACHED, WOULD_BLOCK, FAIL_OPEN = "#0072B2", "#D55E00", "#E69F00", "#CC79A7", "#F0E442"
TEXT = "#8a8f98"
GRID = "rgba(138,143,152,0.18)"
LAND = "rgba(138,143,152,0.22)"
LARGEST_BUBBLE_PIXELS = 26.0
SMALLEST_BUBBLE_PIXELS = 6.0

TRACES: Mapping[str, tuple[str, str]] = {
    "allowed": ("Allowed", ALLOWED),
    "blocked": ("Blocked", BLOCKED),
    "cached_denies": ("Blocked by Nginx's deny cache", CACHED),
    "would_block": ("Would block (observe)", WOULD_BLOCK),
    "fail_open": ("Fail-open", FAIL_OPEN),
}
STACKED = ("allowed", "blocked", "cached_denies")


def traffic_figure(points: Sequence[TrafficPoint], range_key: str) -> graph_objects.Figure:
    """Requests a second over time: three stacked areas, would-block dashed, fail-open as markers."""
    figure = graph_objects.Figure()
    moments = [moment(point.start) for point in points]
    for field, (name, colour) in TRACES.items():
        style: dict[str, Any] = {"mode": "lines", "line": {"width": 1.5, "color": colour}}
        if field in STACKED:
            style |= {"stackgroup": "requests", "line": {"width": 0.5, "color": colour}}
        elif field == "would_block":
            style["line"]["dash"] = "dash"
        else:
            style = {"mode": "markers", "marker": {"color": colour, "size": 7, "symbol": "triangle-up"}}
        figure.add_scatter(
            x=moments, y=trace_values(points, field), name=name, hovertemplate="%{y:,.1f}/s", **style
        )
    figure.update_layout(
        **_layout(),
        uirevision=range_key,
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        xaxis={"type": "date", "gridcolor": GRID, "fixedrange": False},
        yaxis={
            "title": {"text": "requests / s"},
            "gridcolor": GRID,
            "zerolinecolor": GRID,
            "rangemode": "tozero",
            "fixedrange": True,
        },
    )
    return figure


def traffic_extension(points: Sequence[TrafficPoint], most: int) -> list[Any]:
    """What ``extendData`` of the traffic graph takes: the new points of every trace, and how many to keep."""
    moments = [moment(point.start) for point in points]
    values = [trace_values(points, field) for field in TRACES]
    return [{"x": [moments] * len(values), "y": values}, list(range(len(values))), most]


def trace_values(points: Sequence[TrafficPoint], field: str) -> list[float | None]:
    """The values of one trace; what is usually zero is left out of the chart while it is."""
    values = [getattr(point, field) for point in points]
    return [value or None for value in values] if field in ("would_block", "fail_open") else values


def map_figure(blocked_by_country: Mapping[str, int]) -> graph_objects.Figure:
    """Blocked requests by country: shaded land and, for countries the map is too coarse to draw, bubbles."""
    known = countries()
    rows = [(known[iso2], count) for iso2, count in blocked_by_country.items() if iso2 in known]
    rows.sort(key=lambda row: -row[1])
    most = rows[0][1] if rows else 1
    figure = graph_objects.Figure()
    figure.add_choropleth(
        locations=[country.iso3 for country, _ in rows],
        z=[count for _, count in rows],
        text=[country.name for country, _ in rows],
        hovertemplate="%{text}: %{z:,} blocked<extra></extra>",
        colorscale=[[0.0, "rgba(213,94,0,0.25)"], [1.0, "rgba(213,94,0,0.85)"]],
        zmin=0,
        zmax=most,
        showscale=False,
        marker={"line": {"width": 0}},
    )
    figure.add_scattergeo(
        lon=[country.longitude for country, _ in rows],
        lat=[country.latitude for country, _ in rows],
        text=[f"{country.name}: {count:,} blocked" for country, count in rows],
        hovertemplate="%{text}<extra></extra>",
        mode="markers",
        marker={
            "size": [bubble_pixels(count, most) for _, count in rows],
            "color": BLOCKED,
            "opacity": 0.65,
            "line": {"width": 1, "color": "rgba(255,255,255,0.6)"},
        },
    )
    margin = {"l": 0, "r": 0, "t": 0, "b": 0}
    figure.update_layout(**_layout() | {"margin": margin}, uirevision="map", showlegend=False)
    figure.update_geos(
        fitbounds=False,  # plotly 7 would move the map at every update
        resolution=110,
        projection_type="natural earth",
        showland=True,
        landcolor=LAND,
        showcoastlines=False,
        showcountries=True,
        countrycolor=GRID,
        showframe=False,
        bgcolor="rgba(0,0,0,0)",
        lonaxis_range=[-180, 180],
        lataxis_range=[-58, 84],
    )
    return figure


def bubble_pixels(count: int, most: int) -> float:
    """Diameter by area: four times the requests, twice the diameter."""
    share = (count / most) ** 0.5 if most else 0.0
    return round(SMALLEST_BUBBLE_PIXELS + share * (LARGEST_BUBBLE_PIXELS - SMALLEST_BUBBLE_PIXELS), 1)


def moment(second: int) -> str:
    """Plotly's date text, UTC."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _layout() -> dict[str, Any]:
    return {
        "margin": {"l": 52, "r": 8, "t": 8, "b": 32},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": TEXT, "size": 12},
    }
