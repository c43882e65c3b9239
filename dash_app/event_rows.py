"""Events -> rows of the tables, the JSON of one, and lines of CSV. Pure; every value is text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from dash_app.countries import country_name
from dash_app.rows import EventRow
from dash_app.texts import clock, reasons
from decider.core.security_event import SecurityEvent, clip

FORMULA_STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
)  # what a spreadsheet takes for a formula (OWASP, CSV injection)

#: (field, heading, pixels)
EVENT_COLUMNS = (
    ("time", "Time (UTC)", 190),
    ("kind", "What", 165),
    ("client", "Client", 150),
    ("country", "Country", 130),
    ("network", "Network", 190),
    ("score", "Score", 80),
    ("reasons", "Reasons", 280),
    ("route", "Route", 110),
    ("method", "Method", 100),
    ("path", "Path", 180),
    ("until", "Until (UTC)", 190),
    ("actor", "By", 110),
    ("note", "Note", 180),
    ("user_agent", "User agent", 260),
    ("request_id", "Request id", 200),
)
CSV_COLUMNS = (
    *("id", "time", "kind", "client", "address", "country", "asn", "network", "city", "score", "reasons"),
    *("sentence", "method", "host", "path", "route", "user_agent", "referer", "request_id", "mode"),
    *("ban_seconds", "until", "ban_count", "actor", "note", "count", "node"),
)


def event_grid_row(row: EventRow) -> dict[str, Any]:
    """One line of a table; ``href`` leads to the client's page, relative to the dashboard's."""
    event = row.event
    return {
        "id": row.event_id,
        "time": clock(event.ts),
        "kind": event.kind.value.replace("_", " "),
        "client": clip(event.client or event.address),
        "href": client_path(event.client or event.address),
        "country": country_name(event.country) if event.country else "",
        "network": clip(f"AS{event.asn} {event.network}".strip()) if event.asn else "",
        "score": f"{event.score:.2f}" if event.score else "",
        "reasons": clip(", ".join(f"{one.signal} {one.contribution:.2f}" for one in event.reasons)),
        "route": clip(event.route),
        "method": clip(event.method),
        "path": clip(event.path),
        "until": clock(event.until) if event.until else "",
        "actor": clip(event.actor),
        "note": clip(event.note),
        "user_agent": clip(event.user_agent),
        "request_id": clip(event.request_id),
    }


def client_path(client: str) -> str:
    """``client/203.0.113.7``; an IPv6 client is named by the first address of its /64; empty for nobody."""
    address = client.partition("/")[0]
    return f"client/{quote(address, safe=':')}" if address else ""


def event_json(row: EventRow) -> str:
    """The whole event, empty fields left out; ASCII, so that no character can turn the text around."""
    known = {"id": row.event_id, "time": _iso(row.event.ts), **json.loads(row.event.to_json())}
    return json.dumps(known, indent=2, ensure_ascii=True)


def csv_lines(rows: Iterable[EventRow], heading: bool = False) -> str:
    """RFC 4180 lines, formulas defused."""
    text = io.StringIO()
    writer = csv.writer(text)
    if heading:
        writer.writerow(CSV_COLUMNS)
    for row in rows:
        known = _csv_fields(row)
        writer.writerow([defused(str(known[name])) for name in CSV_COLUMNS])
    return text.getvalue()


def defused(text: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe before what would start a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv_fields(row: EventRow) -> dict[str, Any]:
    event: SecurityEvent = row.event
    texts = {name: clip(value) for name, value in asdict(event).items() if isinstance(value, str)}
    return {
        **asdict(event),
        **texts,
        "id": clip(row.event_id),
        "time": _iso(event.ts),
        "kind": event.kind.value,
        "reasons": clip(reasons(event)) if event.reasons else "",
        "until": _iso(event.until) if event.until else "",
    }


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
