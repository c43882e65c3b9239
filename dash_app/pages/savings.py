"""Savings & system: what was counted, what that may have saved, how every part is, and who did what."""

from __future__ import annotations

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, callback, ctx, dcc, html

from dash_app import components, system_view
from dash_app import identifiers as ids
from dash_app.context import snapshots
from dash_app.event_filter import EventFilter, search_of
from dash_app.investigation import investigation
from dash_app.list_editor import build_list_editor
from dash_app.ranges import range_from_search
from dash_app.reader import DatabaseUnavailableError
from dash_app.savings_range import FORMULA, SOURCES, checked_price, estimate, route_costs
from dash_app.settings import Prices
from dash_app.texts import duration
from decider.core.security_event import EventKind

dash.register_page(__name__, path="/savings", title="Decider: savings and system")

SECONDS_OF_HOUR = 3_600
LONG_RANGE_TICKS = 10  # a long range is walked anew twice a minute, not at every status
HISTORY_SECONDS = 31 * 86_400  # as long as events are kept
SEARCH, NOTICE, COUNTS, ESTIMATE = "savings-search", "savings-notice", "savings-counts", "savings-estimate"
ROUTES, SINCE, OBSERVE = "savings-routes", "savings-since", "savings-observe"
CPU, GIGABYTE, HEALTH, AUDIT = "savings-cpu-hour", "savings-gigabyte", "savings-health", "savings-audit"
AUDITED = "savings-audited"
WORKERS = (
    "Worker",
    "State",
    "Mode",
    "p50 / p99",
    "Decisions",
    "Degraded",
    "Malformed / errors",
    "Policy",
    "GeoIP",
)
RECORDERS = ("Recorder", "Reported", "Lag", "Oldest", "Recorded", "Dropped / malformed", "Redis", "Fail-open")
ACTIONS = ("Time (UTC)", "Who", "What", "Client or network", "List", "Until (UTC)", "Reason")


def layout(**query: Any) -> html.Div:
    """Prices and lists to edit; everything else by callbacks."""
    prices = snapshots().prices
    money = [
        html.P("Loading …", id=ESTIMATE, className="sentence", role="status"),
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
            html.Div(html.H1("Savings & system"), className="toolbar"),
            html.Div(id=NOTICE, className="notices"),
            html.Div(
                [
                    components.build_panel("Saved, an estimate", *money),
                    components.build_panel("Counted", html.Div(id=COUNTS), note=SINCE),
                ],
                className="charts",
            ),
            components.build_panel("What enforcing would do", html.P("", id=OBSERVE, className="hint")),
            components.build_panel("Health", html.Div(id=HEALTH)),
            components.build_panel("Allow-list and deny-list", build_list_editor()),
            components.build_panel("What operators did", html.Div(id=AUDIT), note=AUDITED),
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
        "observe": Output(OBSERVE, "children"),
        "notices": Output(NOTICE, "children"),
    },
    inputs={
        "ticks": (Input(ids.TICK, "n_intervals"), Input(ids.STATUS_TICK, "n_intervals")),
        "prices": (Input(CPU, "value"), Input(GIGABYTE, "value")),
    },
    state={"search": State(SEARCH, "data"), "told": State(SINCE, "children")},
    running=[(Output(ids.TICK, "disabled"), True, False)],
)
def count(ticks: tuple[int, int], prices: tuple[Any, Any], search: str, told: str) -> dict[str, Any]:
    """Counts and money of the range; at once where nothing is told yet, whatever ticked meanwhile."""
    span, parts = range_from_search(search), investigation()
    if told and ctx.triggered_id == ids.STATUS_TICK and (span.is_live or ticks[1] % LONG_RANGE_TICKS):
        return _unchanged()
    now, known = parts.clock(), snapshots().prices
    asked = Prices(
        checked_price(prices[0], known.cpu_second_usd * SECONDS_OF_HOUR) / SECONDS_OF_HOUR,
        checked_price(prices[1], known.gigabyte_usd),
    )
    try:
        rows = snapshots().take(span).rows  # those of the overview, so that both pages say the same
        wanted = EventFilter(kind=EventKind.WOULD_BLOCK.value)
        observed = parts.offenders.offenders(span.key, wanted, span.start(now), span.end(now))
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
        "observe": system_view.observe_text(rows, observed),
        "notices": [],
    }


def _unavailable(reason: str) -> dict[str, Any]:
    text = f"MongoDB does not answer ({reason}). Trying again all the time."
    return _unchanged() | {
        "notices": [components.build_notice("Database unreachable", text, "red")],
    }


def _unchanged() -> dict[str, Any]:
    same = dash.no_update
    return {"counts": (same, same), "money": (same, same), "observe": same, "notices": same}


@callback(
    Output(HEALTH, "children"),
    Output(AUDIT, "children"),
    Output(AUDITED, "children"),
    Input(ids.STATUS_TICK, "n_intervals"),
    State(SEARCH, "data"),
    State(AUDITED, "children"),
)
def health(ticks: int, search: str, audited: str) -> Any:
    """Every part as it reported last, and what operators did in the range."""
    parts, span = investigation(), range_from_search(search)
    now = parts.clock()
    audit: Any = dash.no_update
    phrase: Any = dash.no_update
    is_due = span.is_live or not audited or ticks % LONG_RANGE_TICKS == 0
    try:
        recorders = parts.system.recorders()
        newest = parts.events.page(EventFilter(), now - HISTORY_SECONDS, now, 1).rows
        if is_due:
            actions = parts.system.operator_actions(span.start(now), span.end(now))
            lines = system_view.action_lines(actions)
            phrase = span.phrase
            audit = system_view.build_table(ACTIONS, lines, f"No operator did anything {span.phrase}.")
    except DatabaseUnavailableError as error:
        return (
            html.P(f"MongoDB does not answer ({error}).", className="fault"),
            dash.no_update,
            dash.no_update,
        )
    age = f"{duration(max(0.0, now - newest[0].event.ts))} ago" if newest else "none within 31 days"
    build_table = system_view.build_table
    return (
        [
            html.P(f"Newest event: {age}", className="hint"),
            build_table(WORKERS, system_view.worker_lines(recorders, now), "No decider worker has reported."),
            build_table(RECORDERS, system_view.recorder_lines(recorders, now), "No recorder has reported."),
        ],
        audit,
        phrase,
    )
