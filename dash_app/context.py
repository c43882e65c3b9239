"""The snapshots of the running app, kept on the Flask app: no globals, one reader an app."""

from __future__ import annotations

from flask import current_app

from dash_app.snapshots import Snapshots

SNAPSHOTS = "DECIDER_SNAPSHOTS"


def snapshots() -> Snapshots:
    """Inside a request: what the app was created with."""
    found = current_app.config[SNAPSHOTS]
    assert isinstance(found, Snapshots)  # noqa: S101  create_app put it there
    return found
