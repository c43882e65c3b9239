"""Overview: how much, how much of it bad, from where, who attacks and who was banned last. Live."""

from __future__ import annotations

from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, ctx, html, no_update

from dash_app import components, figures, overview, overview_tiles
from dash_app import identifiers as ids
from dash_app.context import snapshots
from dash_app.countries import countries
from dash_app.event_filter import filter_from_search, range_query
from dash_app.overview_layout import FIRST, HIDDEN, build_overview
from dash_app.overview_tiles import Links, put
from dash_app.ranges import range_from_search, traffic_points
from dash_app.reader import DatabaseUnavailableError
from dash_app.snapshot import Snapshot

REDRAW_TICKS = 20  # a whole redraw now and then takes in seconds that were written late
SLOW_TICKS = 5  # what needs all rows added up, and moves slowly: map, top lists, lines
SHOWN: dict[str, str] = {}

dash.register_page(__name__, path="/", title="Decider: overview")


def layout(**_: Any) -> html.Div:
    """The skeleton; the first tick fills it."""
    return build_overview(dash.get_asset_url("topojson/"))


@callback(
    output={
        "cards": [Output(one, "children") for one in (*ids.KPI_IDS, *ids.CARD_NOTES, *ids.CARD_CHANGES)],
        "inputs": Output(ids.SAVED_INPUTS, "children"),
        "notices": Output(ids.NOTICE, "children"),
        "visible": (Output(ids.EMPTY, "style"), Output(ids.CONTENT, "style")),
        "state": Output(ids.CONTENT, "className"),
        "traffic": (Output(ids.TRAFFIC, "figure"), Output(ids.TRAFFIC, "extendData")),
        "bucket": Output(ids.TRAFFIC_NOTE, "children"),
        "map": (Output(ids.MAP, "figure"), Output(ids.MAP_NOTE, "children")),
        "attacks": (Output(ids.ATTACKS, "children"), Output(ids.ATTACKS_NOTE, "children")),
        "tops": Output(ids.TOPS, "children"),
        "lines": Output(ids.SPARKLINES, "data"),
        "bans": (
            Output(ids.BANS, "rowData"),
            Output(ids.BANS, "style"),
            Output(ids.BANS_NOTE, "children"),
        ),
        "cursor": Output(ids.CURSOR, "data"),
    },
    inputs={
        "_ticks": (Input(ids.TICK, "n_intervals"), Input(ids.SLOW_TICK, "n_intervals")),
        "search": Input(ids.ADDRESS, "search"),
    },
    state={"cursor": State(ids.CURSOR, "data")},
    # without this a slow answer would be thrown away by the next tick, and the next
    running=[(Output(ids.TICK, "disabled"), True, False)],
)
def tick(_ticks: tuple[int, int], search: str, cursor: dict[str, Any]) -> dict[str, Any]:
    """Everything of one second, or of a minute for a long range: read, draw, return."""
    span = range_from_search(search)
    if ctx.triggered_id == ids.SLOW_TICK and (span.is_live or span.until is not None):
        return nothing_new()  # has a tick of its own, or does not change
    try:
        snapshot = snapshots().take(span, filter_from_search(search).carried, with_bans=True)
    except DatabaseUnavailableError as error:
        return unavailable(str(error))
    return drawn(snapshot, search, cursor)


clientside_callback(
    ClientsideFunction(namespace="overview", function_name="drawSparklines"),
    Output(ids.SPARKLINES_DRAWN, "data"),
    Input(ids.SPARKLINES, "data"),
)


@callback(
    Output(ids.ADDRESS, "search", allow_duplicate=True),
    Input(ids.MAP, "clickData"),
    State(ids.ADDRESS, "search"),
    prevent_initial_call=True,
)
def filter_by_country(clicked: dict[str, Any] | None, search: str) -> Any:
    """A click on a country asks for it alone, and a second one no more."""
    points = (clicked or {}).get("points") or [{}]
    country = points[0].get("customdata")
    if not isinstance(country, str) or country not in countries():
        return no_update
    wanted = filter_from_search(search)
    is_shown = wanted.country == country
    asked = wanted.without("country", country) if is_shown else wanted.including("country", country)
    return asked.to_search(**range_query(search))


def unavailable(reason: str) -> dict[str, Any]:
    """The page keeps what it shows and says why it stands still."""
    text = (
        f"MongoDB does not answer ({reason}). Is it running, is MONGODB_URI right? Trying again all the time."
    )
    return nothing_new() | {
        "notices": [components.build_notice("Database unreachable", text, "red")],
        "state": "standing-still",
    }


def drawn(snapshot: Snapshot, search: str, cursor: dict[str, Any]) -> dict[str, Any]:
    """What changed since the page drew last."""
    span, wanted = snapshot.span, snapshot.wanted
    key = f"{span.key}{wanted.to_search()}"
    ticks, until = int(cursor["ticks"]) + 1, int(cursor["until"])
    redraw = (
        not span.is_live
        or cursor["range"] != key
        or ctx.triggered_id == ids.ADDRESS
        or ticks % REDRAW_TICKS == 0
    )
    outputs = nothing_new() | {
        "notices": overview.notices(snapshot, span),
        "visible": (SHOWN, HIDDEN) if snapshot.is_empty else (HIDDEN, SHOWN),
        "state": "" if snapshot.is_live else "stale",
        "cards": [
            *overview.card_values(snapshot),
            *overview.card_notes(snapshot, span),
            *overview.card_changes(snapshot, span),
        ],
        "inputs": overview.savings_inputs(snapshot, snapshots().prices),
    }
    shown = dict(cursor["shown"])
    links = Links(dash.get_relative_path("/"), tuple(range_query(search).items()))
    put(outputs, shown, "attacks", overview_tiles.attacks_tile(snapshot, links))
    put(outputs, shown, "bans", overview_tiles.bans_tile(snapshot))
    if redraw or ticks % SLOW_TICKS == 0:
        put(outputs, shown, "tops", overview_tiles.tops_tile(snapshot, links))
        put(outputs, shown, "lines", overview_tiles.lines_tile(snapshot))
        put(outputs, shown, "map", overview_tiles.map_tile(snapshot, whole=cursor["range"] == FIRST))
    end = span.end_of_settled(snapshot.now)
    start = span.first_bucket(snapshot.now) if redraw else until
    points = traffic_points(snapshot.traffic.rows, span, start, end)
    if redraw:
        outputs["traffic"] = (figures.traffic_figure(points, key), no_update)
        outputs["bucket"] = overview.traffic_note(snapshot, span)
    elif points:
        most = span.seconds // span.bucket_seconds
        outputs["traffic"] = (no_update, figures.traffic_extension(points, most))
    outputs["cursor"] = {"range": key, "until": max(end, until), "ticks": ticks, "shown": shown}
    return outputs


def nothing_new() -> dict[str, Any]:
    """Every output left as it is."""
    return {
        "cards": [no_update] * len((*ids.KPI_IDS, *ids.CARD_NOTES, *ids.CARD_CHANGES)),
        **dict.fromkeys(("inputs", "notices", "state", "bucket", "tops", "lines", "cursor"), no_update),
        **dict.fromkeys(("visible", "traffic", "map", "attacks"), (no_update, no_update)),
        "bans": (no_update,) * 3,
    }
