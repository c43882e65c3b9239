"""gunicorn's entry: gunicorn -c python:dash_app.gunicorn_conf dash_app.wsgi:server."""

from __future__ import annotations

import os
import sys

from dash_app.app import create_app
from dash_app.investigation_setup import set_up_investigation
from dash_app.reader import open_reader
from dash_app.settings import DashboardSettings, SettingsFault

EXIT_CANNOT_START = 4  # gunicorn's APP_LOAD_ERROR: its master stops instead of starting worker after worker

try:
    settings = DashboardSettings.from_environment(os.environ)
    server = create_app(open_reader(settings.mongodb_uri), settings).server
    set_up_investigation(server, settings, os.environ)
except (SettingsFault, ValueError) as error:
    for fault in str(error).splitlines():
        print(f"dashboard: {fault}", file=sys.stderr)  # noqa: T201  the operator reads this, no log does
    sys.exit(EXIT_CANNOT_START)
