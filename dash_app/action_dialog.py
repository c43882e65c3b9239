"""The actions on clients: buttons, a dialog that asks for the reason, and the answer that says what was done.

The server decides who may act, at every call: buttons that a viewer does not see can still be pressed by a
forged request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, callback, ctx, dcc, html, no_update

from dash_app import components
from dash_app.access import NotAllowedError, current_user, require_operator
from dash_app.investigation import investigation
from dash_app.operator_desk import DeskError, OperatorDesk
from decider.core.security_event import clip

ACTIONS = {"unban": "Unban", "extend": "Extend ban", "allow": "Allow-list"}
EXPLAINED = {
    "unban": "Lifts the ban, forgets the counters, and does not score the client for a while.",
    "extend": "Adds this long to a running ban, or bans for this long.",
    "allow": "Lets the client in whatever it does, lifts its ban and forgets its counters.",
}
WITHOUT_END = "forever"
LENGTHS_SECONDS = {"15m": 900, "1h": 3_600, "8h": 28_800, "1d": 86_400, "7d": 7 * 86_400, "30d": 30 * 86_400}
LENGTH_LABELS = {
    **dict(
        zip(LENGTHS_SECONDS, ("15 minutes", "1 hour", "8 hours", "1 day", "7 days", "30 days"), strict=True)
    ),
    WITHOUT_END: "Without end (allow-list only)",
}
LONGEST_NAMED = 5  # clients named in the dialog, the others are counted


def identifier(page: str, part: str) -> str:
    """``offenders-act-confirm``: parts are unban, extend, allow, dialog, question, reason, length, fault,
    confirm, chosen, done.
    """
    return f"{page}-act-{part}"


def build_actions(page: str) -> html.Div:
    """Buttons and dialog; a viewer sees neither, but what they are for."""
    try:
        is_operator = current_user().is_operator
    except NotAllowedError:
        is_operator = False
    buttons = [
        dmc.Button(label, id=identifier(page, action), size="xs", variant="default", n_clicks=0)
        for action, label in ACTIONS.items()
    ]
    hint = html.Span("Unban, extend and allow-list need the role operator.", className="hint")
    return html.Div(
        [
            html.Div(buttons, className="filter-buttons", style={} if is_operator else {"display": "none"}),
            *([] if is_operator else [hint]),
            dcc.Store(id=identifier(page, "chosen"), data=""),
            dcc.Store(id=identifier(page, "happened"), data=0),
            html.Div(id=identifier(page, "done"), role="status", className="notices"),
            _build_dialog(page),
        ]
    )


def _build_dialog(page: str) -> dmc.Modal:
    lengths = [{"value": key, "label": label} for key, label in LENGTH_LABELS.items()]
    return dmc.Modal(
        [
            html.P("", id=identifier(page, "question"), className="hint"),
            dmc.Select(
                id=identifier(page, "length"), label="How long", data=lengths, value="1h", allowDeselect=False
            ),
            dmc.TextInput(
                id=identifier(page, "reason"),
                label="Reason, recorded with your name",
                required=True,
                value="",
                n_submit=0,
                **_focused(),
            ),
            html.P("", id=identifier(page, "fault"), className="fault", role="alert"),
            dmc.Button("Do it", id=identifier(page, "confirm"), n_clicks=0, mt="sm"),
        ],
        id=identifier(page, "dialog"),
        title="",
        opened=False,
    )


def connect_actions(page: str, targets: State) -> None:
    """``targets`` holds rows with ``client``: the selection of a table, or a store."""

    def part(name: str) -> str:
        return identifier(page, name)

    @callback(
        Output(part("dialog"), "opened", allow_duplicate=True),
        Output(part("dialog"), "title"),
        Output(part("question"), "children"),
        Output(part("chosen"), "data"),
        Output(part("length"), "style"),
        Output(part("done"), "children", allow_duplicate=True),
        Output(part("fault"), "children", allow_duplicate=True),
        *(Input(part(action), "n_clicks") for action in ACTIONS),
        targets,
        prevent_initial_call=True,
    )
    def ask(*arguments: Any) -> Any:
        action = str(ctx.triggered_id or "").removeprefix(f"{page}-act-")
        clients = chosen_clients(arguments[-1])
        if action not in ACTIONS or not any(arguments[:-1]):
            return (no_update,) * 7
        if not clients:
            notice = components.build_notice("Nobody chosen", "Select one or more clients first.", "blue")
            return False, *(no_update,) * 4, [notice], ""
        named = ", ".join(clients[:LONGEST_NAMED])
        more = len(clients) - LONGEST_NAMED
        question = f"{named}{f' and {more:,} more' if more > 0 else ''}: {EXPLAINED[action]}"
        style = {"display": "none"} if action == "unban" else {}
        return True, ACTIONS[action], question, action, style, [], ""

    @callback(
        Output(part("dialog"), "opened", allow_duplicate=True),
        Output(part("fault"), "children"),
        Output(part("done"), "children", allow_duplicate=True),
        Output(part("happened"), "data"),
        Output(part("reason"), "value"),
        Input(part("confirm"), "n_clicks"),
        Input(part("reason"), "n_submit"),
        State(part("chosen"), "data"),
        State(part("length"), "value"),
        State(part("reason"), "value"),
        targets,
        running=[(Output(part("confirm"), "loading"), True, False)],
        prevent_initial_call=True,
    )
    def act(clicks: int | None, submits: int | None, *asked: Any) -> Any:
        done = (clicks or 0) + (submits or 0)
        if not done:
            return (no_update,) * 5
        try:
            told = perform(investigation().desk, require_operator().name, asked)
        except (DeskError, NotAllowedError) as error:
            return no_update, str(error), no_update, done, no_update
        return False, "", [components.build_notice("Done", told, "green")], done, ""


def _focused() -> dict[str, Any]:
    """Where Mantine puts the focus when a dialog opens: who acts writes the reason, and Enter does it."""
    return {"data-autofocus": True}


def perform(desk: OperatorDesk, actor: str, asked: Sequence[Any]) -> str:
    """Do it and say so. ``asked`` is what a browser sent: action, length, reason, rows. Raises DeskError."""
    action, length, reason, rows = asked
    clients, note = chosen_clients(rows), clip(reason.strip()) if isinstance(reason, str) else ""
    if not note:
        raise DeskError("Write a reason: whoever reads the audit log later will ask.")
    seconds = LENGTHS_SECONDS.get(str(length))
    if action == "unban":
        return desk.unban(actor, clients, note)
    if action == "extend":
        if seconds is None:
            raise DeskError("Choose how long: a ban always ends.")
        return desk.extend(actor, clients, seconds, note)
    if action == "allow":
        if seconds is None and length != WITHOUT_END:
            raise DeskError("Choose how long.")
        return desk.put_on_list(actor, "allow", clients, seconds, note)
    raise DeskError("Choose unban, extend or allow-list.")


def chosen_clients(rows: Any) -> list[str]:
    """The clients of rows that a browser sent."""
    if not isinstance(rows, list):
        return []
    named = (row.get("client") for row in rows if isinstance(row, dict))
    return list(dict.fromkeys(clip(one, 64) for one in named if isinstance(one, str)))
