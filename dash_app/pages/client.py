"""One client: why it is treated as it is, what it did, and what an operator does about it.

Above 200 lines because the page and what fills it share their ids, and nobody else uses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash
from dash import Input, Output, State, callback, dcc, html, no_update

from dash_app import client_view, components
from dash_app import identifiers as ids
from dash_app.action_dialog import build_actions, connect_actions, identifier
from dash_app.event_filter import EventFilter, range_query, search_of
from dash_app.event_rows import event_grid_row, event_json
from dash_app.event_tables import build_event_details, build_events_table
from dash_app.events_export import PATH as EXPORT_PATH
from dash_app.investigation import investigation
from dash_app.look_up import build_look_up, connect_look_up
from dash_app.operator_desk import DeskError, client_name
from dash_app.ranges import range_from_search
from dash_app.reader import DatabaseUnavailableError
from dash_app.rows import EventRow
from decider.core.security_event import clip

dash.register_page(__name__, path_template="/client/<client_address>", title="Decider: client")

PAGE = "client"
LATEST_EVENTS = 100
HISTORY_SECONDS = 31 * 86_400  # as long as events are kept: bans of last month matter whatever the range
SEARCH, TARGET, NOTICE, PLACE = "client-search", "client-target", "client-notice", "client-place"
SENTENCE, WHY, SCORE, SCORE_NOTE = "client-sentence", "client-why", "client-score", "client-score-note"
TIMELINE, HISTORY, GRID, DETAILS = "client-timeline", "client-history", "client-events", "client-event"
ALL_EVENTS, EVIDENCE, CRAWLER = "client-all-events", "client-csv", "client-crawler"
SILENT, SILENT_COUNT = "client-silent", "client-silent-count"
AGENT_EVENTS = 20  # looked at for the newest user agent: what operators did has none


def layout(client_address: str = "", **query: Any) -> html.Div:
    """The skeleton, or what is wrong with the address."""
    try:
        name = client_name(client_address)
    except DeskError as error:
        return html.Div([html.H1("Client"), components.build_notice("No such client", str(error), "red")])
    search = search_of(query)
    every = EventFilter(client=name).to_search(**range_query(search))
    links = html.Div(
        [
            dcc.Link(
                "All its events",
                href=dash.get_relative_path("/events") + every,
                id=ALL_EVENTS,
                className="button-link",
            ),
            html.A(
                "Evidence as CSV",
                href=dash.get_relative_path(f"/{EXPORT_PATH}") + every,
                id=EVIDENCE,
                className="button-link",
            ),
        ],
        className="filter-buttons",
    )
    return html.Div(
        [
            dcc.Store(id=SEARCH, data=search),
            dcc.Store(id=TARGET, data=[{"client": name}]),
            html.Div([html.H1(f"Client {name}"), build_look_up(PAGE)], className="toolbar"),
            html.Div(id=NOTICE, className="notices"),
            components.build_panel(
                "Now",
                html.P("Loading …", id=PLACE, className="hint"),
                html.P("", id=SENTENCE, className="sentence"),
                html.P("", id=WHY, className="hint"),
                html.P("Crawler: looking it up …", id=CRAWLER, className="hint"),
                html.Div([build_actions(PAGE), links], className="filter-buttons"),
            ),
            html.Div(
                [
                    components.build_panel(
                        "Score by signal",
                        html.Div("Loading …", id=SCORE),
                        html.Details(
                            [
                                html.Summary("Signals that found nothing", id=SILENT_COUNT),
                                html.Ul(id=SILENT, className="history"),
                            ],
                            className="silent",
                        ),
                        note=SCORE_NOTE,
                    ),
                    components.build_panel(
                        "Bans", html.Ul(html.Li("Loading …"), id=HISTORY, className="history")
                    ),
                ],
                className="charts",
            ),
            components.build_panel("Timeline", components.build_graph(TIMELINE)),
            components.build_panel("Last events", build_events_table(GRID, ("client", "country", "network"))),
            components.build_panel("Selected event", build_event_details(DETAILS)),
        ]
    )


connect_actions(PAGE, State(TARGET, "data"))
connect_look_up(PAGE)


@callback(
    output={
        "now": (Output(PLACE, "children"), Output(SENTENCE, "children"), Output(WHY, "children")),
        "score": (Output(SCORE, "children"), Output(SCORE_NOTE, "children")),
        "silent": (Output(SILENT, "children"), Output(SILENT_COUNT, "children")),
        "history": Output(HISTORY, "children"),
        "timeline": Output(TIMELINE, "figure"),
        "rows": Output(GRID, "rowData"),
        "notices": Output(NOTICE, "children"),
    },
    inputs={
        "_ticks": Input(ids.TICK, "n_intervals"),
        "_acted": Input(identifier(PAGE, "happened"), "data"),
    },
    state={"target": State(TARGET, "data"), "search": State(SEARCH, "data")},
    running=[(Output(ids.TICK, "disabled"), True, False)],
)
def fill(_ticks: int, _acted: int, target: list[dict[str, str]], search: str) -> dict[str, Any]:
    """Everything of the page: Redis says what is, MongoDB what was."""
    name, span, parts = clip(str(target[0]["client"]), 64), range_from_search(search), investigation()
    now, notices = parts.clock(), list[Any]()
    known, events, recent = None, tuple[EventRow, ...](), tuple[EventRow, ...]()
    try:
        known = parts.desk.explain(name)
    except DeskError as error:
        notices.append(components.build_notice("The present is unknown", str(error), "orange"))
    try:
        wanted = EventFilter(client=name)
        recent = parts.events.page(wanted, now - HISTORY_SECONDS, now, LATEST_EVENTS).rows
        start, end = span.start(now), span.end(now)
        events = tuple(row for row in recent if start <= row.event.ts <= end)
    except DatabaseUnavailableError as error:
        text = f"MongoDB does not answer ({error}). Trying again all the time."
        notices.append(components.build_notice("Database unreachable", text, "red"))
    history, silent = client_view.ban_history(recent), client_view.silent_signals(known)
    return {
        "now": (
            client_view.place(known, recent),
            known["sentence"] if known else "",
            client_view.why_sentence(recent, known["block_at"] if known else None),
        ),
        "score": _score(known, recent),
        "silent": ([html.Li(line) for line in silent], f"{len(silent):,} signals found nothing"),
        "history": [html.Li(line) for line in history] or [html.Li("Never banned within 31 days.")],
        "timeline": client_view.timeline_figure(events, span.start(now), span.end(now)),
        "rows": [event_grid_row(row) | {"href": ""} for row in recent],
        "notices": notices,
    }


def _score(known: Mapping[str, Any] | None, events: Sequence[EventRow]) -> tuple[Any, str]:
    """What was counted lately; where that is forgotten, what the last decision was made of."""
    last = next((row.event for row in events if row.event.reasons), None)
    if last is not None and (known is None or not known["score"]):
        block_at = float(known["block_at"]) if known else None
        return client_view.recorded_score(last, block_at), "at the last recorded decision"
    if known is None:
        return html.P("Redis does not answer, and no decision was recorded.", className="hint"), "unknown"
    return client_view.build_score(known), "now"


@callback(
    Output(DETAILS, "children"),
    Input(GRID, "selectedRows"),
    prevent_initial_call=True,
)
def show(selected: list[dict[str, Any]] | None) -> Any:
    """The selected event, whole."""
    if not selected:
        return no_update
    try:
        row = investigation().events.event(str(selected[0].get("id", "")))
    except DatabaseUnavailableError as error:
        return f"MongoDB does not answer ({error})."
    return event_json(row) if row else "This event is no longer kept."


@callback(
    Output(CRAWLER, "children"),
    Input(ids.SLOW_TICK, "n_intervals"),
    State(TARGET, "data"),
)
def verify(_ticks: int, target: list[dict[str, str]]) -> str:
    """What its claim to be a crawler is worth. Its own callback: reverse DNS may take two seconds."""
    name, parts = clip(str(target[0]["client"]), 64), investigation()
    now = parts.clock()
    try:
        recent = parts.events.page(EventFilter(client=name), now - HISTORY_SECONDS, now, AGENT_EVENTS).rows
        user_agent, address = client_view.newest_agent(recent)
        told = parts.desk.identify(address or name, user_agent).sentence
    except DatabaseUnavailableError as error:
        return f"Crawler: unknown, MongoDB does not answer ({error})."
    except DeskError as error:
        return f"Crawler: unknown. {error}"
    return told if user_agent else f"No user agent of it is recorded. {told}"
