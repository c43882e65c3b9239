"""Tiles of a snapshot as plain values, made once for all browsers, each with a number that tells it apart.

A browser is sent a tile only where its number is not the one that it shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from dash import Patch
from plotly.utils import PlotlyJSONEncoder

from dash_app import attack_table, components, figures, overview, top_tiles
from dash_app.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Links:
    """What links of the page begin with: the dashboard's path, and the range of the page's address."""

    base: str
    span_query: tuple[tuple[str, str], ...]

    @property
    def query(self) -> dict[str, str]:
        """The range, as an address has it."""
        return dict(self.span_query)


Tile = tuple[Any, int]


def attacks_tile(snapshot: Snapshot, links: Links) -> Tile:
    """Table and note."""

    def build() -> Any:
        rows = attack_table.attack_rows(snapshot.attacks, snapshot.now)
        more = len(snapshot.attacks) - len(rows)
        search = snapshot.wanted.to_search(**links.query)
        table = attack_table.build_attacks(rows, more, links.base, search)
        return table, overview.attacks_note(snapshot, snapshot.span)

    return _tile(snapshot, ("attacks", links), build)


def tops_tile(snapshot: Snapshot, links: Links) -> Tile:
    """The five lists."""

    def build() -> Any:
        phrases = overview.top_phrases(snapshot, snapshot.span)
        return top_tiles.build_tops(snapshot.tops, snapshot.wanted, phrases, links.base, links.query)

    return _tile(snapshot, ("tops", links), build)


def bans_tile(snapshot: Snapshot) -> Tile:
    """Rows of the table, its height, and its note."""

    def build() -> Any:
        rows = overview.ban_rows(snapshot)
        return rows, components.bans_style(len(rows)), overview.bans_note(snapshot, snapshot.span)

    return _tile(snapshot, ("bans",), build)


def lines_tile(snapshot: Snapshot) -> Tile:
    """The lines of the cards."""
    return _tile(snapshot, ("lines",), lambda: overview.spark_values(snapshot))


def map_tile(snapshot: Snapshot, whole: bool) -> Tile:
    """Figure and note; not ``whole``: the layout stays, and with it zoom and position."""

    def build() -> Any:
        unit = "bans" if snapshot.tops["country"].counts_bans else "blocked"
        return figures.map_figure(snapshot.counts_by_country, unit, snapshot.places).to_plotly_json()

    figure, number = _tile(snapshot, ("map",), build)
    if not whole:
        patch = Patch()
        patch["data"] = figure["data"]
        figure = patch
    return (figure, overview.map_note(snapshot, snapshot.span)), number


def put(outputs: dict[str, Any], shown: dict[str, int], name: str, tile: Tile) -> None:
    """Into the outputs where the browser does not show it yet."""
    value, number = tile
    if shown.get(name) != number:
        outputs[name], shown[name] = value, number


def _tile(snapshot: Snapshot, name: tuple[Any, ...], build: Callable[[], Any]) -> Tile:
    if name not in snapshot.drawn:
        text = json.dumps(build(), cls=PlotlyJSONEncoder)
        snapshot.drawn[name] = json.loads(text), crc32(text.encode())
    found: Tile = snapshot.drawn[name]
    return found
