"""Rows -> figures. Pure; no text that an attacker chose ever enters a figure, because Plotly renders markup.

Names of cities come from a GeoIP file through the database, and are escaped. Backgrounds are transparent, and
texts mid-grey until assets/tiles.css colours them, so that both schemes work without a redraw. Colours are
of Okabe and Ito's palette, which colour-blind readers can tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any, NamedTuple

from plotly import graph_objects

from dash_app.countries import countries, country_name
from dash_app.places import Place
from dash_app.ranges import TrafficPoint
from decider.core.security_event import clip

ALLOWED, BLOCKED, CACHED, WOULD_BLOCK, FAIL_OPEN = "#0072B2", "#D55E00", "#E69F00", "#CC79A7", "#F0E442"
TEXT = "#8a8f98"
GRID = "rgba(138,143,152,0.18)"
LAND = "rgba(138,143,152,0.22)"
LARGEST_BUBBLE_PIXELS = 26.0
SMALLEST_BUBBLE_PIXELS = 6.0

TRACES: Mapping[str, tuple[str, str]] = {
    "allowed": ("Allowed", ALLOWED),
    "blocked": ("Blocked", BLOCKED),
    "cached_denies": ("Deny cache", CACHED),
    "would_block": ("Would block", WOULD_BLOCK),
    "fail_open": ("Fail-open", FAIL_OPEN),
}
LONGEST_NAME_CHARACTERS = 60  # of a city


class Bubble(NamedTuple):
    """On the map: degrees, the text of its hover, the country that a click on it asks for, and its size."""

    longitude: float
    latitude: float
    text: str
    iso2: str
    pixels: float


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
        showlegend=False,  # components.build_legend: one row, whatever the width
        xaxis={"type": "date", "gridcolor": GRID, "fixedrange": False},
        yaxis={
            "gridcolor": GRID,
            "zerolinecolor": GRID,
            "rangemode": "tozero",
            "fixedrange": True,
            "nticks": 6,
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


def map_figure(
    by_country: Mapping[str, int], unit: str = "blocked", cities: Sequence[Place] = ()
) -> graph_objects.Figure:
    """Counts by country: shaded land and, for countries the map is too coarse to draw, bubbles.

    Bubbles of cities stand for those of their countries. A point's ``customdata`` is its country, ISO-2.
    """
    known = countries()
    rows = [(iso2, known[iso2], count) for iso2, count in by_country.items() if iso2 in known]
    rows.sort(key=lambda row: -row[2])
    most = rows[0][2] if rows else 1
    figure = graph_objects.Figure()
    figure.add_choropleth(
        locations=[country.iso3 for _, country, _ in rows],
        z=[count for _, _, count in rows],
        text=[country.name for _, country, _ in rows],
        customdata=[iso2 for iso2, _, _ in rows],
        hovertemplate=f"%{{text}}: %{{z:,}} {unit}<extra></extra>",
        colorscale=[[0.0, "rgba(213,94,0,0.25)"], [1.0, "rgba(213,94,0,0.85)"]],
        zmin=0,
        zmax=most,
        showscale=False,
        marker={"line": {"width": 0}},
    )
    in_cities = {city.country for city in cities}
    bubbles = [
        Bubble(
            country.longitude,
            country.latitude,
            f"{country.name}: {count:,} {unit}",
            iso2,
            bubble_pixels(count, most),
        )
        for iso2, country, count in rows
        if iso2 not in in_cities
    ]
    _add_bubbles(figure, bubbles, BLOCKED)
    _add_bubbles(figure, [_city_bubble(city, cities[0].bans) for city in cities], CACHED)
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


def _city_bubble(city: Place, most: int) -> Bubble:
    name = clip(f"{city.city}, {country_name(city.country)}", LONGEST_NAME_CHARACTERS)
    text = f"{escape(name)}: {city.bans:,} ban{'' if city.bans == 1 else 's'}"
    iso2 = city.country if city.country in countries() else ""
    return Bubble(city.longitude, city.latitude, text, iso2, bubble_pixels(city.bans, most))


def bubble_pixels(count: int, most: int) -> float:
    """Diameter by area: four times the requests, twice the diameter."""
    share = (count / most) ** 0.5 if most else 0.0
    return round(SMALLEST_BUBBLE_PIXELS + share * (LARGEST_BUBBLE_PIXELS - SMALLEST_BUBBLE_PIXELS), 1)


def moment(second: int) -> str:
    """Plotly's date text, UTC."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _add_bubbles(figure: graph_objects.Figure, bubbles: Sequence[Bubble], colour: str) -> None:
    figure.add_scattergeo(
        lon=[one.longitude for one in bubbles],
        lat=[one.latitude for one in bubbles],
        text=[one.text for one in bubbles],
        customdata=[one.iso2 for one in bubbles],
        hovertemplate="%{text}<extra></extra>",
        mode="markers",
        marker={
            "size": [one.pixels for one in bubbles],
            "color": colour,
            "opacity": 0.65,
            "line": {"width": 1, "color": "rgba(255,255,255,0.6)"},
        },
    )


def _layout() -> dict[str, Any]:
    return {
        "template": "none",  # seven kilobytes of what is set here anyway
        "margin": {"l": 44, "r": 8, "t": 8, "b": 34},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": TEXT, "size": 12},
    }
