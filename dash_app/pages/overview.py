"""Overview: how much, how much of it bad, from where, and who was banned last. Live."""

from __future__ import annotations

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, Patch, State, callback, ctx, dcc, html, no_update

from dash_app import components, figures, overview
from dash_app import identifiers as ids
from dash_app.context import snapshots
from dash_app.ranges import Range, TrafficPoint, range_from_search, traffic_points
from dash_app.reader import DatabaseUnavailableError
from dash_app.snapshot import Snapshot

REDRAW_TICKS = 20  # a whole redraw now and then takes in seconds that were written late

dash.register_page(__name__, path="/", title="Decider: overview")

FIRST = "first"  # the cursor of a page that has drawn nothing yet
SHOWN: dict[str, str] = {}
HIDDEN = {"display": "none"}


def layout(**_: Any) -> html.Div:
    """The skeleton; the first tick fills it."""
    topojson_url = dash.get_asset_url("topojson/")
    return html.Div(
        [
            dcc.Store(id=ids.CURSOR, data={"range": FIRST, "until": 0, "ticks": 0}),
            dcc.Store(id=ids.BANS_SHOWN, data=""),
            html.Div(html.H1("Overview"), className="toolbar"),
            html.Div(id=ids.NOTICE, className="notices"),
            html.Div(components.build_empty_state(), id=ids.EMPTY, style=HIDDEN),
            html.Div(
                [
                    html.Div(
                        [
                            components.build_card(ids.KPI_REQUESTS, "Requests / s"),
                            components.build_card(ids.KPI_BLOCKED, "Blocked / s"),
                            components.build_card(ids.KPI_SHARE, "Blocked share"),
                            components.build_card(ids.KPI_BANS, "Active bans"),
                            components.build_card(ids.KPI_SAVED, "Estimated saved"),
                        ],
                        className="cards",
                    ),
                    html.Div(
                        [
                            components.build_panel(
                                "Traffic", components.build_graph(ids.TRAFFIC), note=ids.TRAFFIC_NOTE
                            ),
                            components.build_panel(
                                "Where threats come from",
                                components.build_graph(ids.MAP, topojson_url),
                                note=ids.MAP_NOTE,
                            ),
                        ],
                        className="charts",
                    ),
                    components.build_panel("Last bans", components.build_bans_table()),
                    dmc.Paper(
                        [
                            html.H2("How the saving is estimated", className="panel-title"),
                            html.P("", id=ids.SAVED_INPUTS, className="inputs"),
                        ],
                        withBorder=True,
                        radius="md",
                        className="panel",
                    ),
                ],
                id=ids.CONTENT,
            ),
        ]
    )


@callback(
    output={
        "cards": [Output(one, "children") for one in (*ids.KPI_IDS, *ids.CARD_NOTES, *ids.CARD_CHANGES)],
        "inputs": Output(ids.SAVED_INPUTS, "children"),
        "notices": Output(ids.NOTICE, "children"),
        "visible": (Output(ids.EMPTY, "style"), Output(ids.CONTENT, "style")),
        "traffic": (Output(ids.TRAFFIC, "figure"), Output(ids.TRAFFIC, "extendData")),
        "bucket": Output(ids.TRAFFIC_NOTE, "children"),
        "map": (Output(ids.MAP, "figure"), Output(ids.MAP_NOTE, "children")),
        "bans": (Output(ids.BANS, "rowData"), Output(ids.BANS_SHOWN, "data")),
        "cursor": Output(ids.CURSOR, "data"),
    },
    inputs={
        "_ticks": (Input(ids.TICK, "n_intervals"), Input(ids.SLOW_TICK, "n_intervals")),
        "search": Input(ids.ADDRESS, "search"),
    },
    state={"cursor": State(ids.CURSOR, "data"), "bans_shown": State(ids.BANS_SHOWN, "data")},
    # without this a slow answer would be thrown away by the next tick, and the next
    running=[(Output(ids.TICK, "disabled"), True, False)],
)
def tick(_ticks: tuple[int, int], search: str, cursor: dict[str, Any], bans_shown: str) -> dict[str, Any]:
    """Everything of one second, or of a minute for a long range: read, draw, return."""
    span = range_from_search(search)
    if ctx.triggered_id == ids.SLOW_TICK and (span.is_live or span.until is not None):
        return nothing_new()  # has a tick of its own, or does not change
    try:
        snapshot = snapshots().take(span)
    except DatabaseUnavailableError as error:
        return unavailable(str(error))
    return drawn(snapshot, span.as_read(snapshot.now), cursor, bans_shown)


def unavailable(reason: str) -> dict[str, Any]:
    """The page keeps what it shows and says why it stands still."""
    text = (
        f"MongoDB does not answer ({reason}). Is it running, is MONGODB_URI right? Trying again all the time."
    )
    return nothing_new() | {
        "notices": [components.build_notice("Database unreachable", text, "red")],
    }


def drawn(snapshot: Snapshot, span: Range, cursor: dict[str, Any], bans_shown: str) -> dict[str, Any]:
    """What changed since the page drew last."""
    outputs = nothing_new() | {
        "notices": overview.notices(snapshot, span),
        "visible": (SHOWN, HIDDEN) if snapshot.is_empty else (HIDDEN, SHOWN),
        "cards": [
            *overview.card_values(snapshot),
            *overview.card_notes(snapshot, span),
            *overview.card_changes(snapshot, span),
        ],
        "inputs": overview.savings_inputs(snapshot, snapshots().prices),
    }
    rows = overview.ban_rows(snapshot)
    shown = "|".join(f"{row['id']}{row['state']}" for row in rows)
    if shown != bans_shown:
        outputs["bans"] = (rows, shown)
    ticks, until = int(cursor["ticks"]) + 1, int(cursor["until"])
    end = span.end_of_settled(snapshot.now)
    redraw = (
        not span.is_live
        or cursor["range"] != span.key
        or ctx.triggered_id == ids.ADDRESS
        or ticks % REDRAW_TICKS == 0
    )
    points = _points(snapshot, span, span.first_bucket(snapshot.now) if redraw else until, end)
    if redraw:
        figure = figures.traffic_figure(points, span.key)
        outputs["traffic"], outputs["bucket"] = (figure, no_update), span.bucket_note
    elif points:
        outputs["traffic"] = (
            no_update,
            figures.traffic_extension(points, span.seconds // span.bucket_seconds),
        )
    if redraw or ticks % 5 == 0:
        outputs["map"] = (_map(snapshot, whole=cursor["range"] == FIRST), _map_note(snapshot, span))
    outputs["cursor"] = {"range": span.key, "until": max(end, until), "ticks": ticks}
    return outputs


def nothing_new() -> dict[str, Any]:
    """Every output left as it is."""
    return {
        "cards": [no_update] * len((*ids.KPI_IDS, *ids.CARD_NOTES, *ids.CARD_CHANGES)),
        "inputs": no_update,
        "notices": no_update,
        "visible": (no_update, no_update),
        "traffic": (no_update, no_update),
        "bucket": no_update,
        "map": (no_update, no_update),
        "bans": (no_update, no_update),
        "cursor": no_update,
    }


def _points(snapshot: Snapshot, span: Range, start: int, end: int) -> list[TrafficPoint]:
    return traffic_points(snapshot.rows, span, start, end)


def _map(snapshot: Snapshot, whole: bool) -> Any:
    figure = figures.map_figure(snapshot.blocked_by_country)
    if whole:
        return figure
    patch, data = Patch(), figure.to_plotly_json()["data"]
    patch["data"] = data  # the layout stays, and with it zoom and position
    return patch


def _map_note(snapshot: Snapshot, span: Range) -> str:
    unknown = snapshot.blocked_by_country.get("ZZ", 0)
    note = f"blocked requests {span.phrase}"
    return f"{note}, {unknown:,} from unknown places" if unknown else note
