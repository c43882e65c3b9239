"""The composition root of the dashboard: reader and settings in, a Dash app out."""

from __future__ import annotations

from collections.abc import Callable
from time import time

import dash_mantine_components as dmc
from dash import Dash
from flask_compress import Compress

from dash_app.context import SNAPSHOTS
from dash_app.login.guard import add_login
from dash_app.reader import DashboardReader
from dash_app.security_headers import add_security_headers
from dash_app.settings import DashboardSettings
from dash_app.shell import build_shell
from dash_app.shell_callbacks import add_shell_callbacks
from dash_app.snapshots import Snapshots

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
    app.index_string = app.index_string.replace("<html>", '<html lang="en">')  # or readers guess how to speak
    app.layout = build_shell
    add_shell_callbacks(app)
    add_security_headers(app)
    return app
