"""What the pages of an investigation work with, kept on the Flask app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from dash_app.event_reader import EventReader
from dash_app.offender_reader import OffenderReader
from dash_app.operator_desk import OperatorDesk
from dash_app.system_reader import SystemReader

INVESTIGATION = "DECIDER_INVESTIGATION"


@dataclass(frozen=True, slots=True)
class Investigation:
    """``clock`` returns epoch seconds."""

    events: EventReader
    offenders: OffenderReader
    system: SystemReader
    desk: OperatorDesk
    clock: Callable[[], float]


def add_investigation(server: Flask, parts: Investigation) -> None:
    """For the composition root: what ``investigation`` answers with."""
    server.config[INVESTIGATION] = parts


def investigation() -> Investigation:
    """Inside a request: what the app was started with."""
    found = current_app.config[INVESTIGATION]
    assert isinstance(found, Investigation)  # noqa: S101  the composition root put it there
    return found
