"""What enforcing would do, where the mode is observe: a summary, and whom it would meet. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dash import dcc, html

from dash_app.countries import country_name
from dash_app.event_rows import client_path
from dash_app.offender_reader import Offenders, sorted_page
from dash_app.rows import TrafficRow
from dash_app.texts import clock, share
from decider.core.security_event import clip

TOP_CLIENTS = 10
HEADINGS = ("Client", "Country", "Network", "Would-be bans", "Highest score", "Last (UTC)")


def observe_text(rows: Sequence[TrafficRow], observed: Offenders, is_partial: bool = False) -> str:
    """The summary in a sentence; ``is_partial``: older clients of the range are still to come."""
    would_block, allowed = sum(row.would_block for row in rows), sum(row.allowed for row in rows)
    if not would_block and not observed.clients:
        return "Nothing would have been blocked: either everything is enforced, or nobody gave cause."
    part = share(would_block / allowed) if allowed else "–"
    clients = len(observed.clients)
    least = "at least " if is_partial else ""
    return (
        f"In enforce mode {would_block:,} of {allowed:,} requests that were let in ({part}) would have been "
        f"refused, from {least}{clients:,} client{'' if clients == 1 else 's'}. Whoever is let in goes on "
        "asking: enforcing would meet fewer requests than were counted here."
    )


def build_observed(observed: Offenders, href: Callable[[str], str]) -> Any:
    """The clients that most often gave cause; nothing where nobody did. ``href`` makes a page's address."""
    if not observed.clients:
        return None
    top = sorted_page(observed, "events", True, 0, TOP_CLIENTS)
    lines = [
        html.Tr(
            [
                html.Td(
                    dcc.Link(
                        clip(one.client, 64), href=href(client_path(one.client)), className="client-link"
                    )
                ),
                html.Td(country_name(one.country)),
                html.Td(f"AS{one.asn}" if one.asn else "unknown"),
                html.Td(f"{one.events:,}"),
                html.Td(f"{one.score:.2f}"),
                html.Td(clock(one.last)),
            ]
        )
        for one in top
    ]
    head = html.Thead(html.Tr([html.Th(one, scope="col") for one in HEADINGS]))
    return html.Div(html.Table([head, html.Tbody(lines)], className="plain"), className="scroll", tabIndex=0)
