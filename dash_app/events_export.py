"""``/events.csv``: every event of a filter as CSV, streamed, so that a million lines cost no memory.

What fails before the first line is an answer with a status; what fails later breaks the connection off, so
that nobody takes half of the evidence for all of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, Response, request

from dash_app.event_filter import EventFilter, filter_from_search
from dash_app.event_reader import MOST_OF_PAGE, EventPage, EventReader
from dash_app.event_rows import csv_lines
from dash_app.investigation import investigation
from dash_app.ranges import range_from_search
from dash_app.reader import DatabaseUnavailableError

FILE_NAME = "decider-events.csv"
PATH = "events.csv"


def add_events_export(server: Flask, prefix: str) -> None:
    """``prefix`` ends with a slash."""
    server.add_url_rule(f"{prefix}{PATH}", "events_csv", answer)


def answer() -> Response:
    """The events of the filter and range in the query, newest first."""
    search = request.query_string.decode("utf-8", "replace")
    parts, wanted, span = investigation(), filter_from_search(search), range_from_search(search)
    now = parts.clock()
    start, end = span.start(now), span.end(now)
    try:
        first = parts.events.page(wanted, start, end, MOST_OF_PAGE)
    except DatabaseUnavailableError as error:
        return Response(f"MongoDB does not answer ({error})\n", 503, mimetype="text/plain")
    headers = {"Content-Disposition": f"attachment; filename={FILE_NAME}"}
    lines = _lines(parts.events, first, wanted, start, end)
    return Response(lines, mimetype="text/csv", headers=headers)


def _lines(
    reader: EventReader, page: EventPage, wanted: EventFilter, start: float, end: float
) -> Iterator[str]:
    yield csv_lines(page.rows, heading=True)
    while page.older is not None:
        page = reader.page(wanted, start, end, MOST_OF_PAGE, page.older)
        yield csv_lines(page.rows)
