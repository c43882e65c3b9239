"""What makes the shell move. All but the state badge runs in the browser (assets/shell.js)."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, get_relative_path

from dash_app import identifiers as ids
from dash_app import overview
from dash_app.context import snapshots
from dash_app.filter_chips import build_chips
from dash_app.reader import DatabaseUnavailableError
from dash_app.shell import navigation_links


def add_shell_callbacks(app: Dash) -> None:
    """Connect the parts of ``shell.build_shell``."""
    _in_browser(
        app,
        "chooseRange",
        [
            Output(ids.RANGE, "value"),
            Output(ids.ADDRESS, "search"),
            Output(ids.CUSTOM, "opened"),
            Output(ids.CUSTOM_FAULT, "children"),
        ],
        [Input(ids.RANGE, "value"), Input(ids.ADDRESS, "search"), Input(ids.CUSTOM_APPLY, "n_clicks")],
        [State(ids.CUSTOM_FROM, "value"), State(ids.CUSTOM_TO, "value"), State(ids.RANGE, "data")],
    )
    for link, _, _ in navigation_links():
        _in_browser(
            app,
            "followAddress",
            [Output(link, "href"), Output(link, "active")],
            [Input(ids.ADDRESS, "pathname"), Input(ids.ADDRESS, "search")],
            [State(link, "href")],
        )
    _in_browser(app, "tellZone", [Output(ids.ZONE, "children")], [Input(ids.ADDRESS, "pathname")], [])
    _in_browser(
        app,
        "pause",
        [
            Output(ids.TICK, "max_intervals"),
            Output(ids.PAUSE, "children"),
            Output(ids.PAUSE, "disabled"),
        ],
        [Input(ids.PAUSE, "n_clicks"), Input(ids.ADDRESS, "search")],
        [State(ids.LIVE_RANGES, "data")],
    )
    _in_browser(
        app,
        "openNavigation",
        [Output(ids.SHELL, "navbar")],
        [Input(ids.BURGER, "opened")],
        [State(ids.SHELL, "navbar")],
    )
    _in_browser(app, "closeNavigation", [Output(ids.BURGER, "opened")], [Input(ids.ADDRESS, "pathname")], [])
    app.clientside_callback(
        ClientsideFunction(namespace="tileState", function_name="tell"), Input(ids.BADGE, "children")
    )
    app.callback(
        Output(ids.FILTERS, "children"), Input(ids.ADDRESS, "pathname"), Input(ids.ADDRESS, "search")
    )(chips)
    app.callback(
        Output(ids.BADGE, "children"), Output(ids.BADGE, "color"), Input(ids.STATUS_TICK, "n_intervals")
    )(badge)


def badge(_ticks: int | None) -> tuple[str, str]:
    """Text and colour of the state badge, on every page."""
    try:
        return overview.badge(snapshots().recorder_age_seconds())
    except DatabaseUnavailableError:
        return "NO DATABASE", "red"


def chips(pathname: str | None, search: str | None) -> list[Any]:
    """The filters of the address, each with a link to the page without it."""
    return build_chips(pathname or "/", search or "", get_relative_path("/"))


def _in_browser(
    app: Dash, function: str, outputs: list[Output], inputs: list[Input], states: list[State]
) -> None:
    app.clientside_callback(
        ClientsideFunction(namespace="decider", function_name=function), outputs, inputs, states
    )
