"""A page of events in one sentence. Pure."""

from __future__ import annotations

from dash_app.event_filter import EventFilter
from dash_app.event_reader import EventPage
from dash_app.ranges import Range
from dash_app.texts import clock


def told(page: EventPage, span: Range, wanted: EventFilter) -> str:
    """What the table shows, and of what."""
    if wanted.request_id:
        if page.rows:
            return "Found by request id, whatever the range."
        return (
            "No event has this request id. The request that started a ban has one; later refusals are only "
            "counted. Look for the customer's address instead."
        )
    if not page.rows and not page.older:
        return f"Nothing {span.phrase}."
    if not page.rows:
        return f"Nothing found back to {clock(page.looked_back_to)} UTC: Older looks further back."
    first, last = page.rows[0].event.ts, page.rows[-1].event.ts
    more = "older ones follow" if page.older else "all the way to the start of the range"
    return f"{len(page.rows):,} events, {clock(first)} back to {clock(last)} UTC; {more} ({span.phrase})"
