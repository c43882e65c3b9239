"""What is known of one client -> the parts of its page. Pure; every text of a client stays a plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from plotly import graph_objects

from dash_app import figures
from dash_app.countries import country_name
from dash_app.rows import EventRow
from dash_app.texts import clock, duration, reasons
from decider.core.security_event import EventKind, SecurityEvent, clip

BAN_KINDS = (EventKind.BAN_STARTED, EventKind.BAN_EXTENDED, EventKind.BAN_LIFTED, EventKind.WOULD_BLOCK)
COLOURS: Mapping[EventKind, str] = {
    EventKind.BAN_STARTED: figures.BLOCKED,
    EventKind.BAN_EXTENDED: figures.CACHED,
    EventKind.BAN_LIFTED: figures.ALLOWED,
    EventKind.WOULD_BLOCK: figures.WOULD_BLOCK,
}
OTHER_COLOUR = figures.TEXT


def place(known: Mapping[str, Any] | None, events: Sequence[EventRow]) -> str:
    """``Singapore · AS64500 Example``: from the GeoIP files, or from the newest event that says so."""
    newest = next((row.event for row in events if row.event.country), None)
    here = str((known or {}).get("country") or "ZZ")
    country = newest.country if newest and here == "ZZ" else here
    asn = (known or {}).get("asn") or (newest.asn if newest else 0)
    network = (known or {}).get("network") or (newest.network if newest else "")
    told = clip(f"AS{asn} {network}".strip()) if asn else "network unknown"
    return f"{country_name(country)} · {told}"


def why_sentence(events: Sequence[EventRow], block_at: float | None) -> str:
    """The last time it was blocked, in words; empty where it never was."""
    last = next((row.event for row in events if row.event.kind in BAN_KINDS and row.event.reasons), None)
    if last is None:
        return ""
    verb = "would have been blocked" if last.kind is EventKind.WOULD_BLOCK else "blocked"
    where = f" to {last.route or last.path}" if last.route or last.path else ""
    limit = f" (blocks at {block_at:.2f})" if block_at else ""
    cause = last.sentence or reasons(last)
    return clip(f"{verb} at {clock(last.ts)} UTC because {cause}{where}: score {last.score:.2f}{limit}")


def build_score(known: Mapping[str, Any]) -> html.Div:
    """The whole score against the policy's thresholds, and the share of every signal that found something."""
    score, block_at, observe_at = (float(known[name]) for name in ("score", "block_at", "observe_at"))
    bars = [
        build_bar(
            "threat score",
            score,
            f"{score:.2f}, watched from {observe_at:.2f}, blocks at {block_at:.2f}",
            marks=(observe_at, block_at),
            is_over=score >= block_at,
        )
    ]
    found = [one for one in known["signals"].items() if one[1]["contribution"]]
    found.sort(key=lambda one: -float(one[1]["contribution"]))
    for name, signal in found:
        contribution, weight = float(signal["contribution"]), float(signal["weight"])
        text = f"{contribution:.2f} of at most {weight:.2f} · {clip(str(signal['measured']))}"
        bars.append(build_bar(name.replace("_", " "), contribution, text, marks=(weight,)))
    return html.Div(bars, className="bars")


def silent_signals(known: Mapping[str, Any] | None) -> list[str]:
    """One line a signal that found nothing: what it measured all the same."""
    return [
        f"{name.replace('_', ' ')} (at most {float(signal['weight']):.2f}): {clip(str(signal['measured']))}"
        for name, signal in (known or {"signals": {}})["signals"].items()
        if not signal["contribution"]
    ]


def recorded_score(event: SecurityEvent, block_at: float | None) -> html.Div:
    """The same of the last recorded decision, where the counters are forgotten by now."""
    marks = (block_at,) if block_at else ()
    bars = [build_bar("threat score", event.score, f"{event.score:.2f}", marks, is_over=True)]
    bars += [
        build_bar(clip(one.signal, 40).replace("_", " "), one.contribution, f"{one.contribution:.2f}", ())
        for one in event.reasons
    ]
    return html.Div(bars, className="bars")


def build_bar(label: str, value: float, text: str, marks: Sequence[float], is_over: bool = False) -> html.Div:
    """A bar from 0 to 1 with thin marks, and in words what it shows."""
    inside = [
        html.Div(
            className="bar-fill over" if is_over else "bar-fill", style={"width": f"{_percent(value)}%"}
        ),
        *(html.Div(className="bar-mark", style={"left": f"{_percent(mark)}%"}) for mark in marks),
    ]
    named: dict[str, Any] = {"aria-label": f"{label}: {text}"}
    track = html.Div(inside, className="bar-track", role="img", **named)
    return html.Div([html.Span(label, className="bar-label"), track, html.Span(text, className="hint")])


def timeline_figure(events: Sequence[EventRow], start: float, end: float) -> graph_objects.Figure:
    """One mark an event at its score; only our own names of kinds enter the figure."""
    figure = graph_objects.Figure()
    kinds = dict.fromkeys(row.event.kind for row in events)
    for kind in kinds:
        of_kind = [row.event for row in events if row.event.kind is kind]
        figure.add_scatter(
            x=[figures.moment(int(event.ts)) for event in of_kind],
            y=[event.score for event in of_kind],
            name=kind.value.replace("_", " "),
            mode="markers",
            marker={"size": 9, "color": COLOURS.get(kind, OTHER_COLOUR)},
            hovertemplate="%{x}: %{y:.2f}",
        )
    if not kinds:
        figure.add_annotation(
            text="No event of this client in this range",
            showarrow=False,
            x=0.5,
            y=0.5,
            xref="paper",
            yref="paper",
        )
    figure.update_layout(
        margin={"l": 52, "r": 8, "t": 8, "b": 32},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": figures.TEXT, "size": 12},
        showlegend=True,
        uirevision="timeline",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={
            "type": "date",
            "gridcolor": figures.GRID,
            "range": [figures.moment(int(start)), figures.moment(int(end) + 1)],
        },
        yaxis={
            "title": {"text": "score"},
            "gridcolor": figures.GRID,
            "zerolinecolor": figures.GRID,
            "range": [-0.05, 1.05],
        },
    )
    return figure


def newest_agent(events: Sequence[EventRow]) -> tuple[str, str]:
    """The user agent that it sent last, as far as events tell, and the exact address that sent it."""
    row = next((row for row in events if row.event.user_agent), None)
    return (row.event.user_agent, row.event.address or row.event.client) if row else ("", "")


def ban_history(events: Sequence[EventRow]) -> list[str]:
    """One line a ban, newest first: when, how long, which number, until when, by whom."""
    lines = []
    for row in events:
        event = row.event
        if event.kind not in BAN_KINDS:
            continue
        told = [f"{clock(event.ts)} UTC", event.kind.value.replace("_", " ")]
        if event.ban_seconds:
            told.append(f"for {duration(event.ban_seconds)}")
        if event.ban_count:
            told.append(f"ban number {event.ban_count}")
        if event.until:
            told.append(f"until {clock(event.until)} UTC")
        told.append(f"by {event.actor}")
        if event.note:
            told.append(f"“{event.note}”")
        lines.append(clip(" · ".join(told)))
    return lines


def _percent(value: float) -> float:
    return round(100 * min(max(value, 0.0), 1.0), 1)
