"""The recorder's settings: those it shares with the decider, and its own; all faults at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from decider.core.errors import SettingsError
from decider.recorder.access_socket import AccessBind, parse_bind
from decider.settings import Settings
from decider.stores.mongo_connection import uri_fault

DEFAULT_MONGODB_URI = "mongodb://127.0.0.1:27017/?directConnection=true"
DEFAULT_BIND = "unix:/run/decider/access.sock"
DEFAULT_EVENTS_DAYS = 30  # an attack is looked into within weeks
DEFAULT_TRAFFIC_DAYS = 2  # seconds matter while they are fresh; minutes and hours are kept apart
DEFAULT_MINUTES_DAYS = 8  # last week's same day, in detail
DEFAULT_HOURS_DAYS = 400  # last year's same month
MOST_DAYS = 3_650  # ten years: beyond that it is a typing error


@dataclass(frozen=True, slots=True)
class RecorderSettings:
    """``shared`` holds Redis, node, policy and GeoIP files, read from the same variables as the decider's."""

    shared: Settings
    mongodb_uri: str
    access_bind: AccessBind
    keep_events: timedelta
    keep_traffic: timedelta
    keep_traffic_minutes: timedelta
    keep_traffic_hours: timedelta

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> RecorderSettings:
        """Read and check everything. Raises SettingsError with all faults at once."""
        faults: list[str] = []
        shared = _shared(environment, faults)
        uri = environment.get("MONGODB_URI") or DEFAULT_MONGODB_URI
        if fault := uri_fault(uri):
            faults.append(fault)
        text = environment.get("ACCESS_LOG_BIND") or DEFAULT_BIND
        bind = parse_bind(text)
        if bind is None:
            faults.append(
                f"ACCESS_LOG_BIND = {text!r}: write unix:/path (up to 107 bytes) or udp:host:port, "
                "for example udp:127.0.0.1:5140"
            )
        keep_events = _days(environment, "RETENTION_EVENTS_DAYS", DEFAULT_EVENTS_DAYS, faults)
        keep_traffic = _days(environment, "RETENTION_TRAFFIC_DAYS", DEFAULT_TRAFFIC_DAYS, faults)
        keep_minutes = _days(environment, "RETENTION_TRAFFIC_MINUTES_DAYS", DEFAULT_MINUTES_DAYS, faults)
        keep_hours = _days(environment, "RETENTION_TRAFFIC_HOURS_DAYS", DEFAULT_HOURS_DAYS, faults)
        if shared is None or bind is None or faults:
            raise SettingsError(faults)
        return cls(shared, uri, bind, keep_events, keep_traffic, keep_minutes, keep_hours)


def _shared(environment: Mapping[str, str], faults: list[str]) -> Settings | None:
    try:
        return Settings.from_environment(environment)
    except SettingsError as error:
        faults += error.faults
        return None


def _days(environment: Mapping[str, str], name: str, default: int, faults: list[str]) -> timedelta:
    text = environment.get(name) or str(default)
    if text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST_DAYS:
        return timedelta(days=int(text))
    faults.append(f"{name} = {text!r}: write a whole number of days from 1 to {MOST_DAYS}")
    return timedelta(days=default)
