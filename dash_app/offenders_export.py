"""``/offenders.csv``: every offender of a range as CSV, some at a time.

A long range is looked through to its start first; where that takes too long the connection is broken off, so
that nobody takes some of the offenders for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, Response, request

from dash_app.event_filter import EventFilter, filter_from_search
from dash_app.investigation import Investigation, investigation
from dash_app.offender_reader import sorted_page
from dash_app.offender_rows import offender_row, offenders_csv
from dash_app.operator_desk import DeskError
from dash_app.ranges import Range, range_from_search
from dash_app.reader import DatabaseUnavailableError

BLOCK_ROWS = 500  # each asks for the newest event of every client


def add_offenders_export(server: Flask, prefix: str) -> None:
    """``prefix`` ends with a slash."""
    server.add_url_rule(f"{prefix}offenders.csv", "offenders_csv", answer)


def answer() -> Response:
    """Newest first."""
    search = request.query_string.decode("utf-8", "replace")
    parts, span, wanted = investigation(), range_from_search(search), filter_from_search(search)
    now = parts.clock()
    try:
        parts.offenders.offenders(span.key, wanted, span.start(now), span.end(now))
    except DatabaseUnavailableError as error:
        return Response(f"MongoDB does not answer ({error})\n", 503, mimetype="text/plain")
    headers = {"Content-Disposition": "attachment; filename=decider-offenders.csv"}
    return Response(_lines(parts, wanted, span, now), mimetype="text/csv", headers=headers)


def _lines(parts: Investigation, wanted: EventFilter, span: Range, now: float) -> Iterator[str]:
    yield offenders_csv([])
    found = parts.offenders.all_offenders(span.key, wanted, span.start(now), span.end(now))
    for skip in range(0, len(found.clients), BLOCK_ROWS):
        page = parts.offenders.with_latest(sorted_page(found, "last", True, skip, BLOCK_ROWS))
        try:
            standings = parts.desk.standings([one.client for one in page])
        except DeskError:
            standings = {}
        rows = [offender_row(one, standings.get(one.client), now) for one in page]
        yield offenders_csv(rows).partition("\r\n")[2]
