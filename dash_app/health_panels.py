"""How every part is, and what operators did: two panels of the page Savings & system and their callback."""

from __future__ import annotations

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, callback, html

from dash_app import components, health_view, system_view
from dash_app import identifiers as ids
from dash_app.event_filter import EventFilter
from dash_app.investigation import investigation
from dash_app.ranges import range_from_search
from dash_app.reader import DatabaseUnavailableError

SEARCH = "savings-search"  # the store of the page's query
HEALTH, AUDIT, AUDITED = "savings-health", "savings-audit", "savings-audited"
LONG_RANGE_TICKS = 10  # a long range is walked anew twice a minute, not at every status
HISTORY_SECONDS = 31 * 86_400  # as long as events are kept
ACTIONS = ("Time (UTC)", "Who", "What", "Client or network", "List", "Until (UTC)", "Reason")
LOADING = "Loading …"


def build_health_panel() -> dmc.Paper:
    """As every part reported last."""
    return components.build_panel("Health", html.Div(LOADING, id=HEALTH))


def build_audit_panel() -> dmc.Paper:
    """The audit log of the range."""
    return components.build_panel("What operators did", html.Div(LOADING, id=AUDIT), note=AUDITED)


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
    age = health_view.newest_text(newest[0].event.ts if newest else None, now)
    build_table = system_view.build_table
    return (
        [
            html.P(f"Newest event: {age}", className="hint"),
            build_table(
                health_view.WORKERS,
                health_view.worker_lines(recorders, now),
                "No decider worker has reported.",
            ),
            build_table(
                health_view.RECORDERS, health_view.recorder_lines(recorders, now), "No recorder has reported."
            ),
            build_table(health_view.DATA, health_view.data_lines(recorders, now), ""),
        ],
        audit,
        phrase,
    )
