"""Wires the pages of an investigation: readers, the operator's desk, the CSV route. A composition root."""

from __future__ import annotations

from collections.abc import Mapping
from time import time

from flask import Flask

from dash_app.database_reader import open_database
from dash_app.event_reader import EventReader
from dash_app.events_export import add_events_export
from dash_app.investigation import Investigation, add_investigation
from dash_app.offender_reader import OffenderReader
from dash_app.offenders_export import add_offenders_export
from dash_app.operator_desk import open_desk
from dash_app.settings import DashboardSettings
from dash_app.system_reader import SystemReader


def set_up_investigation(server: Flask, settings: DashboardSettings, environment: Mapping[str, str]) -> None:
    """Add to a server that ``create_app`` closed to strangers. Raises SettingsFault."""
    database = open_database(settings.mongodb_uri)
    add_investigation(
        server,
        Investigation(
            events=EventReader(database),
            offenders=OffenderReader(database),
            system=SystemReader(database),
            desk=open_desk(environment),
            clock=time,
        ),
    )
    add_events_export(server, settings.prefix)
    add_offenders_export(server, settings.prefix)
