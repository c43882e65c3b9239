"""The composition root of the dashboard: reader and settings in, a Dash app out."""

from __future__ import annotations

from collections.abc import Callable
from time import time

import dash
import dash_mantine_components as dmc
from dash import Dash, dcc, html
from flask_compress import Compress

from dash_app import identifiers as ids
from dash_app.context import SNAPSHOTS
from dash_app.login.guard import add_login
from dash_app.reader import DashboardReader
from dash_app.security_headers import add_security_headers
from dash_app.settings import DashboardSettings
from dash_app.snapshot import Snapshots

LARGEST_REQUEST_BYTES = 256 * 1024  # a callback sends a few hundred bytes


def create_app(
    reader: DashboardReader, settings: DashboardSettings, clock: Callable[[], float] = time
) -> Dash:
    """A Dash app that reads from ``reader``; may be called repeatedly."""
    app = Dash(
        __package__,
        use_pages=True,
        title="Decider",
        update_title="",
        suppress_callback_exceptions=True,  # or the layout, with its data, is embedded in the index page
        include_pages_meta=False,  # its tags reflect the Host header
        enable_mcp=False,
        routes_pathname_prefix=settings.prefix,
        requests_pathname_prefix=settings.prefix,
    )
    server = app.server
    add_login(server, settings, clock)
    server.config[SNAPSHOTS] = Snapshots(reader, settings.prices, clock)
    server.config["TRUSTED_HOSTS"] = list(settings.trusted_hosts)
    server.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST_BYTES
    Compress(server)
    dmc.pre_render_color_scheme()
    app.layout = build_shell
    add_security_headers(app)
    return app


def build_shell() -> dmc.MantineProvider:
    """Header, navigation, the page, and where the places come from."""
    header = dmc.AppShellHeader(
        html.Div(
            [
                html.Span("Decider", className="brand"),
                dmc.Badge("…", id=ids.BADGE, color="gray", variant="light"),
                html.Span(className="spring"),
                dmc.ColorSchemeToggle(id=ids.THEME, lightIcon="☀", darkIcon="☾", variant="subtle"),
            ],
            className="header",
        )
    )
    navigation = dmc.AppShellNavbar(
        [
            dmc.NavLink(label=page["name"], href=page["relative_path"], active="exact")
            for page in dash.page_registry.values()
        ],
        p="xs",
    )
    main = dmc.AppShellMain([dash.page_container, build_credits()])
    return dmc.MantineProvider(
        dmc.AppShell(
            [dcc.Location(id="address"), header, navigation, main],
            header={"height": 54},
            navbar={"width": 170, "breakpoint": "sm", "collapsed": {"mobile": True}},
            padding="sm",
        ),
        defaultColorScheme="auto",
        theme={"primaryColor": "indigo"},
    )


def build_credits() -> html.Footer:
    """Attribution that the data's licence asks for, and whose borders the map shows."""
    return html.Footer(
        [
            html.A("IP Geolocation by DB-IP", href="https://db-ip.com", rel="noopener noreferrer"),
            html.Span(" · map: UN geodata and Natural Earth; borders imply no opinion · times are UTC"),
        ],
        className="credits",
    )
