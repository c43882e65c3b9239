"""What stands around every page: header with state, range, pause and user; navigation; and the credits."""

from __future__ import annotations

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import dcc, html

from dash_app import identifiers as ids
from dash_app.access import NotAllowedError, current_user
from dash_app.ranges import DEFAULT_RANGE, RANGES

# In this order; a page that is not registered is not shown.
NAVIGATION = (
    ("/", "Overview"),
    ("/offenders", "Offenders"),
    ("/events", "Events"),
    ("/savings", "Savings & system"),
)
TICK_MS = 1_000
SLOW_TICK_MS = 60_000  # ranges beyond an hour: their finest bucket is a minute
STATUS_TICK_MS = 3_000  # recorders report every two seconds, and are called stale after ten
NAVBAR = {"width": 190, "breakpoint": "sm", "collapsed": {"mobile": True}}
HEADER_HEIGHT = {"base": 92, "lg": 54}  # pixels: two rows where one is too narrow; style.css breaks with it
CUSTOM = "custom"


def build_shell() -> dmc.MantineProvider:
    """The layout; evaluated for the user of the request, and once by Dash itself at the first, for nobody."""
    return dmc.MantineProvider(
        dmc.AppShell(
            [
                html.A("Skip to the page", href="#page", className="skip"),
                dcc.Location(id=ids.ADDRESS, refresh="callback-nav"),
                # never paused by a range of the past until the address is known
                dcc.Interval(id=ids.TICK, interval=TICK_MS),
                dcc.Interval(id=ids.SLOW_TICK, interval=SLOW_TICK_MS),
                dcc.Interval(id=ids.STATUS_TICK, interval=STATUS_TICK_MS),
                dcc.Store(id=ids.LIVE_RANGES, data=[key for key, one in RANGES.items() if one.is_live]),
                _build_header(),
                _build_navigation(),
                dmc.AppShellMain(
                    [
                        html.Nav(id=ids.FILTERS, className="chips", **_labelled("Filters")),
                        html.Div(dash.page_container, id="page"),
                        _build_credits(),
                    ]
                ),
                _build_custom_range(),
            ],
            id=ids.SHELL,
            header={"height": HEADER_HEIGHT},
            navbar=NAVBAR,
            padding="sm",
        ),
        defaultColorScheme="auto",
        theme={"primaryColor": "indigo", "primaryShade": {"light": 7, "dark": 8}},
    )


def _build_header() -> dmc.AppShellHeader:
    return dmc.AppShellHeader(
        html.Div(
            [
                dmc.Burger(
                    id=ids.BURGER, opened=False, hiddenFrom="sm", size="sm", **_labelled("Navigation")
                ),
                html.Span("Decider", className="brand"),
                dmc.Badge("…", id=ids.BADGE, color="gray", variant="light"),
                html.Div([_build_ranges(), _build_pause()], className="time"),
                html.Span(className="spring"),
                _build_user(),
                dmc.ColorSchemeToggle(id=ids.THEME, lightIcon="☀", darkIcon="☾", variant="subtle"),
            ],
            className="header",
        )
    )


def _build_ranges() -> html.Div:
    choices = [{"value": key, "label": key} for key in RANGES]
    return html.Div(
        dmc.SegmentedControl(
            id=ids.RANGE,
            data=[*choices, {"value": CUSTOM, "label": "Custom"}],
            value=DEFAULT_RANGE,
            size="xs",
            **_labelled("Time range"),
        ),
        className="ranges",
    )


def _build_pause() -> dmc.Button:
    return dmc.Button("Pause", id=ids.PAUSE, size="compact-sm", variant="default", n_clicks=0)


def _build_user() -> html.Div:
    name, role = _user_texts()
    return html.Div(
        [
            html.Span([html.B(name), f" {role}"], id="user", className="user-name"),
            html.Form(
                html.Button("Log out", type="submit", id="log-out", className="log-out"),
                method="POST",
                action=dash.get_relative_path("/logout"),
            ),
        ],
        className="user",
    )


def _build_navigation() -> dmc.AppShellNavbar:
    links = [dmc.NavLink(id=link, label=name, href=href) for link, href, name in navigation_links()]
    name, role = _user_texts()
    signed_in = html.P(f"Signed in as {name} ({role})", className="signed-in")
    return dmc.AppShellNavbar(
        [html.Nav(links, **_labelled("Pages")), html.Div(className="spring"), signed_in]
    )


def navigation_links() -> list[tuple[str, str, str]]:
    """Component id, address and name of each registered page."""
    registered = {page["path"] for page in dash.page_registry.values()}
    return [
        (f"{ids.NAVIGATION}-{place}", dash.get_relative_path(path), name)
        for place, (path, name) in enumerate(NAVIGATION)
        if path in registered
    ]


def _build_custom_range() -> dmc.Modal:
    fields = [
        dmc.DateTimePicker(id=one, label=label, valueFormat="YYYY-MM-DD HH:mm", clearable=True)
        for one, label in ((ids.CUSTOM_FROM, "From"), (ids.CUSTOM_TO, "To"))
    ]
    hint = "In the time zone of this browser. From a minute to 31 days."
    return dmc.Modal(
        [
            *fields,
            html.P(hint, className="card-note"),
            html.P("", id=ids.CUSTOM_FAULT, className="fault", role="alert"),
            dmc.Button("Show this range", id=ids.CUSTOM_APPLY, n_clicks=0, mt="sm"),
        ],
        id=ids.CUSTOM,
        title="Custom range",
        opened=False,
    )


def _build_credits() -> html.Footer:
    """Attribution that the data's licence asks for, and whose borders the map shows."""
    return html.Footer(
        [
            html.A("IP Geolocation by DB-IP", href="https://db-ip.com", rel="noopener noreferrer"),
            html.Span(" · map: UN geodata and Natural Earth; borders imply no opinion · times are UTC · "),
            html.Span("", id=ids.ZONE),
        ],
        className="credits",
    )


def _user_texts() -> tuple[str, str]:
    try:
        user = current_user()
    except NotAllowedError:
        return "", ""
    return user.name, user.role.value


def _labelled(text: str) -> dict[str, Any]:
    return {"aria-label": text}
