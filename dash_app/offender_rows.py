"""Offenders -> rows of the table and lines of CSV. Pure; every value is text or a number of ours."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from dash_app.countries import country_name
from dash_app.event_rows import client_path, defused
from dash_app.offender_walk import Offender
from dash_app.operator_desk import Standing
from dash_app.texts import ban_state, clock, duration, reasons
from decider.core.security_event import clip

#: (field, heading, pixels, what it is sorted by)
OFFENDER_COLUMNS = (
    ("client", "Client", 160, "client"),
    ("country", "Country", 130, "country"),
    ("network", "Network", 200, "asn"),
    ("state", "State now", 200, ""),
    ("until", "Until (UTC)", 190, ""),
    ("score", "Highest score", 140, "score"),
    ("reasons", "Top reasons", 260, ""),
    ("events", "Events", 105, "events"),
    ("bans", "Bans", 95, "bans"),
    ("first", "First seen (UTC)", 190, "first"),
    ("last", "Last seen (UTC)", 190, "last"),
    ("route", "Route", 110, ""),
    ("path", "Path", 180, ""),
    ("user_agent", "User agent", 260, ""),
)
SORTED_BY = {field: sort_by for field, _, _, sort_by in OFFENDER_COLUMNS if sort_by}


def offender_row(one: Offender, standing: Standing | None, now: float) -> dict[str, Any]:
    """``standing`` is what Redis says now; without it the newest event has to do."""
    event = one.latest.event if one.latest else None
    network = f"AS{one.asn} {event.network if event else ''}".strip() if one.asn else "unknown"
    state, until = ("", 0.0) if event is None else (ban_state(event, now), event.until)
    if standing is not None:
        state, until = standing_text(standing, now), standing.until
    return {
        "client": clip(one.client),
        "href": client_path(one.client),
        "country": country_name(one.country),
        "network": clip(network),
        "state": state,
        "until": clock(until) if until > now else "",
        "score": f"{one.score:.2f}",
        "reasons": clip(reasons(event)) if event and event.reasons else "",
        "events": f"{one.events:,}",
        "bans": f"{one.bans:,}",
        "first": clock(one.first),
        "last": clock(one.last),
        "route": clip(event.route) if event else "",
        "path": clip(event.path) if event else "",
        "user_agent": clip(event.user_agent) if event else "",
    }


def standing_text(standing: Standing, now: float) -> str:
    """``banned, 12 min left``."""
    left = standing.until - now
    return f"{standing.state}, {duration(left)} left" if left > 0 else standing.state


def offenders_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """RFC 4180 with a heading, formulas defused."""
    text = io.StringIO()
    writer = csv.writer(text)
    fields = [field for field, *_ in OFFENDER_COLUMNS]
    writer.writerow(fields)
    writer.writerows([defused(clip(str(row.get(field, "")))) for field in fields] for row in rows)
    return text.getvalue()
