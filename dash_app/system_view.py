"""Counts, actions and lists -> the parts of the page. Pure; all text is plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dash_app.operator_desk import ListingRow
from dash_app.rows import EventRow, TrafficRow
from dash_app.savings_range import Estimate, RouteCost
from dash_app.texts import clock, dollars, share
from decider.core.security_event import clip


def build_table(headings: Sequence[str], lines: Sequence[Sequence[str]], empty: str) -> Any:
    """A plain table; what to say where there is nothing."""
    if not lines:
        return html.P(empty, className="hint")
    head = html.Thead(html.Tr([html.Th(one, scope="col") for one in headings]))
    body = html.Tbody([html.Tr([html.Td(clip(cell)) for cell in line]) for line in lines])
    return html.Div(html.Table([head, body], className="plain"), className="scroll", tabIndex=0)


def count_lines(rows: Sequence[TrafficRow]) -> list[tuple[str, str]]:
    """What was counted, raw."""
    total = {
        name: sum(getattr(row, name) for row in rows)
        for name in ("allowed", "blocked", "cached_denies", "would_block", "fail_open")
    }
    requests = total["allowed"] + total["blocked"]
    blocked_share = share(total["blocked"] / requests) if requests else "–"
    return [
        ("Requests", f"{requests:,}"),
        ("Let in", f"{total['allowed']:,}"),
        ("Blocked", f"{total['blocked']:,} ({blocked_share})"),
        ("of these by Nginx's deny cache", f"{total['cached_denies']:,}"),
        ("Would have been blocked (observe)", f"{total['would_block']:,}"),
        ("Fail-open: let in without a decision", f"{total['fail_open']:,}"),
    ]


def estimate_text(told: Estimate) -> str:
    """``$ 3.10 (from $ 1.20 to $ 8.00)``."""
    return f"{dollars(told.usd)} (from {dollars(told.low)} to {dollars(told.high)})"


def route_lines(costs: Sequence[RouteCost]) -> list[tuple[str, ...]]:
    """The measured inputs of the estimate."""
    return [
        (
            one.route,
            f"{one.blocked:,}",
            f"{one.allowed:,}",
            "mean of all"
            if one.mean_upstream_seconds is None
            else f"{1_000 * one.mean_upstream_seconds:,.1f} ms",
            "mean of all" if one.mean_bytes is None else f"{one.mean_bytes / 1_000:,.1f} kB",
        )
        for one in costs
    ]


def action_lines(events: Sequence[EventRow]) -> list[tuple[str, ...]]:
    """The audit log."""
    return [
        (
            clock(row.event.ts),
            row.event.actor,
            row.event.kind.value.replace("_", " "),
            row.event.client or row.event.address,
            row.event.scope if row.event.scope in ("allow", "deny") else "",
            clock(row.event.until) if row.event.until else "",
            row.event.note,
        )
        for row in events
    ]


def listing_rows(listings: Sequence[ListingRow]) -> list[dict[str, Any]]:
    """Rows of the list editor's table."""
    return [
        {
            "id": f"{one.list_name}|{one.network}|{one.is_removable}",
            "list": one.list_name,
            "network": one.network,
            "until": clock(one.until) if one.until else "without end",
            "since": clock(one.since) if one.since else "",
            "actor": clip(one.actor),
            "note": clip(one.note) if one.is_removable else "in the policy file",
        }
        for one in listings
    ]
