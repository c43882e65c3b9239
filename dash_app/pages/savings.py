"""Savings & system: what was counted, what that may have saved, how every part is, and who did what."""

from __future__ import annotations

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, callback, ctx, dcc, html

from dash_app import components, observe_view, system_view
from dash_app import identifiers as ids
from dash_app.client_view import build_bar
from dash_app.context import snapshots
from dash_app.event_filter import EventFilter, range_query, search_of
from dash_app.filter_line import build_ignored_line
from dash_app.harm import FULL_SCALE, MEANING, WORTH_A_LOOK, Harm, harm, harm_text
from dash_app.health_panels import LONG_RANGE_TICKS, SEARCH, build_audit_panel, build_health_panel
from dash_app.investigation import investigation
from dash_app.list_editor import build_list_editor
from dash_app.ranges import range_from_search
from dash_app.reader import DatabaseUnavailableError
from dash_app.savings_range import FORMULA, SOURCES, checked_price, estimate, route_costs
from dash_app.settings import Prices
from dash_app.shell import STATUS_TICK_MS
from dash_app.texts import share
from decider.core.security_event import EventKind

dash.register_page(__name__, path="/savings", title="Decider: savings and system")

SECONDS_OF_HOUR = 3_600
OBSERVE_SECONDS = 0.25  # of looking for whom enforcing would meet: counts and money wait for it
NOTICE, COUNTS, ESTIMATE = "savings-notice", "savings-counts", "savings-estimate"
ROUTES, SINCE, OBSERVE = "savings-routes", "savings-since", "savings-observe"
AGAIN = "savings-again"  # the clock of long ranges, and of ranges whose first answer failed
CPU, GIGABYTE = "savings-cpu-hour", "savings-gigabyte"
HARM, HARM_SINCE, OBSERVED = "savings-harm", "savings-harm-since", "savings-observed"
LOADING = "Loading …"


def layout(**query: Any) -> html.Div:
    """Prices and lists to edit; everything else by callbacks."""
    prices = snapshots().prices
    money = [
        html.P(LOADING, id=ESTIMATE, className="sentence", role="status"),
        html.P(FORMULA, className="hint"),
        html.Div(
            [
                _price(CPU, "US dollars per CPU hour", prices.cpu_second_usd * SECONDS_OF_HOUR, 0.01),
                _price(GIGABYTE, "US dollars per gigabyte sent", prices.gigabyte_usd, 0.01),
            ],
            className="filters",
        ),
        html.P(SOURCES, className="hint"),
        html.Div(id=ROUTES),
    ]
    return html.Div(
        [
            dcc.Store(id=SEARCH, data=search_of(query)),
            dcc.Interval(id=AGAIN, interval=STATUS_TICK_MS),
            html.Div(html.H1("Savings & system"), className="toolbar"),
            build_ignored_line(search_of(query)),
            html.Div(id=NOTICE, className="notices"),
            html.Div(
                [
                    components.build_panel("Saved, an estimate", *money),
                    html.Div(
                        [
                            components.build_panel("Counted", html.Div(LOADING, id=COUNTS), note=SINCE),
                            components.build_panel(
                                "Likely harm",
                                html.Div(LOADING, id=HARM),
                                html.P(MEANING, className="hint"),
                                note=HARM_SINCE,
                            ),
                        ],
                        className="stack",
                    ),
                ],
                className="charts",
            ),
            components.build_panel(
                "What enforcing would do",
                html.P(LOADING, id=OBSERVE, className="hint"),
                html.Div(id=OBSERVED),
            ),
            build_health_panel(),
            components.build_panel("Allow-list and deny-list", build_list_editor()),
            build_audit_panel(),
        ]
    )


def _price(identifier: str, label: str, value: float, step: float) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=identifier,
        label=label,
        value=round(value, 6),
        min=0,
        step=step,
        size="xs",
        persistence=True,
        persistence_type="local",
        debounce=300,
    )


@callback(
    output={
        "counts": (Output(COUNTS, "children"), Output(SINCE, "children")),
        "money": (Output(ESTIMATE, "children"), Output(ROUTES, "children")),
        "harm": (Output(HARM, "children"), Output(HARM_SINCE, "children")),
        "observe": (Output(OBSERVE, "children"), Output(OBSERVED, "children")),
        "notices": Output(NOTICE, "children"),
    },
    inputs={
        "ticks": (Input(ids.TICK, "n_intervals"), Input(AGAIN, "n_intervals")),
        "prices": (Input(CPU, "value"), Input(GIGABYTE, "value")),
    },
    state={"search": State(SEARCH, "data"), "told": State(SINCE, "children")},
    # what ticks meanwhile would throw a slow answer away
    running=[(Output(ids.TICK, "disabled"), True, False), (Output(AGAIN, "disabled"), True, False)],
)
def count(ticks: tuple[int, int], prices: tuple[Any, Any], search: str, told: str) -> dict[str, Any]:
    """Counts and money of the range; at once where nothing is told yet, whatever ticked meanwhile."""
    span, parts = range_from_search(search), investigation()
    if told and ctx.triggered_id == AGAIN and (span.is_live or ticks[1] % LONG_RANGE_TICKS):
        return _unchanged()
    now, known = parts.clock(), snapshots().prices
    asked = Prices(
        checked_price(prices[0], known.cpu_second_usd * SECONDS_OF_HOUR) / SECONDS_OF_HOUR,
        checked_price(prices[1], known.gigabyte_usd),
    )
    try:
        rows = snapshots().take(span).rows  # those of the overview, so that both pages say the same
        wanted = EventFilter(kind=EventKind.WOULD_BLOCK.value)
        start, end = span.start(now), span.end(now)
        observed = parts.offenders.offenders(span.key, wanted, start, end, OBSERVE_SECONDS)
    except DatabaseUnavailableError as error:
        return _unavailable(str(error))
    lines = system_view.count_lines(rows)
    routes = system_view.route_lines(route_costs(rows))
    headings = ("Route", "Blocked", "Let in", "Mean upstream", "Mean answer")
    return {
        "counts": (
            system_view.build_table(("What", "Requests"), lines, ""),
            span.phrase,
        ),
        "money": (
            system_view.estimate_text(estimate(rows, asked)),
            system_view.build_table(headings, routes, "No request to a guarded route was recorded."),
        ),
        "harm": (_meter(harm(rows)), span.phrase),
        "observe": (
            observe_view.observe_text(rows, observed, observed.complete_since > start),
            observe_view.build_observed(
                observed,
                lambda path: (
                    dash.get_relative_path(f"/{path}") + EventFilter().to_search(**range_query(search))
                ),
            ),
        ),
        "notices": [],
    }


def _meter(told: Harm) -> html.Div:
    """A bar that is full where five in a hundred blocked requests are likely harm, with a mark at one."""
    scale = f"worth a look from {share(WORTH_A_LOOK)}, full scale {share(FULL_SCALE)}"
    return html.Div(
        [
            html.P(harm_text(told), className="sentence"),
            build_bar(
                "Share of all blocked requests",
                told.on_scale,
                f"{share(told.share)}, {scale}",
                marks=(WORTH_A_LOOK / FULL_SCALE,),
                is_over=told.is_worth_a_look,
            ),
        ]
    )


def _unavailable(reason: str) -> dict[str, Any]:
    text = f"MongoDB does not answer ({reason}). Trying again all the time."
    return _unchanged() | {
        "notices": [components.build_notice("Database unreachable", text, "red")],
    }


def _unchanged() -> dict[str, Any]:
    same = dash.no_update
    pair = (same, same)
    return {"counts": pair, "money": pair, "harm": pair, "observe": pair, "notices": same}
