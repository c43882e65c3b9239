"""Top lists -> tiles, each value with a bar and links that filter by it or exclude it. Pure."""

from __future__ import annotations

from dash import dcc, html

from dash_app.event_filter import EventFilter
from dash_app.top_lists import TopList, TopValue

TITLES = {
    "country": "Countries",
    "asn": "Networks",
    "route": "Routes",
    "signal": "Signals",
    "user_agent": "User agents",
}
LOADING = "loading …"


def build_loading() -> list[html.Section]:
    """The tiles before the first data."""
    return [_build_tile(title, LOADING, html.P(LOADING, className="hint")) for title in TITLES.values()]


def build_tops(
    lists: dict[str, TopList], wanted: EventFilter, phrases: tuple[str, str], path: str, query: dict[str, str]
) -> list[html.Section]:
    """``phrases``: the window of blocked requests, and that of bans; ``path`` and ``query`` of the page."""
    tiles = []
    for field, title in TITLES.items():
        found = lists[field]
        note = f"of bans {phrases[1]}" if found.counts_bans else f"of blocked requests {phrases[0]}"
        if not found.values:
            body: html.Ol | html.P = html.P("Nothing in this range.", className="hint")
        else:
            body = html.Ol([_build_value(field, one, wanted, path, query) for one in found.values])
        if found.distinct > len(found.values):
            note = f"{note}, {len(found.values)} of {found.distinct:,}"
        tiles.append(_build_tile(title, note, body))
    return tiles


def _build_tile(title: str, note: str, body: html.Ol | html.P) -> html.Section:
    return html.Section(
        [
            html.Div([html.H2(title, className="panel-title")], className="panel-head"),
            html.P(note, className="panel-note"),
            body,
        ],
        className="tile",
    )


def _build_value(field: str, one: TopValue, wanted: EventFilter, path: str, query: dict[str, str]) -> html.Li:
    links = []
    if one.value:
        for word, joint, asked in (
            ("Filter", " by ", wanted.including(field, one.value)),
            ("Exclude", " ", wanted.excluding(field, one.value)),
        ):
            hidden = html.Span(f"{joint}{one.label}", className="unseen")
            if asked == wanted:
                continue  # it is what is shown
            links.append(dcc.Link([word, hidden], href=path + asked.to_search(**query), className="narrow"))
    bar = html.Span(style={"width": f"{100 * one.share:.1f}%"}, className="bar-fill")
    return html.Li(
        [
            html.Span(one.label, className="top-label", title=one.label),
            html.Span(f"{one.count:,}", className="number"),
            html.Span(
                [
                    html.Span(bar, className="share"),
                    html.Span(f"{100 * one.share:.0f} %", className="number muted"),
                    *links,
                ],
                className="top-share",
            ),
        ]
    )
