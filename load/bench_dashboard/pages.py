"""What is measured, each with the time it is held to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from load.bench_dashboard.session import Session

PAGE_MS, TICK_MS, TURN_MS = 1_000.0, 150.0, 300.0
TICK_KILOBYTES = 10.0
PAGE_LOADS, TICKS, TURNS = 20, 40, 40
ROUND_SECONDS = 5.5  # longer than a look at a long range is shared
TICK_PAUSE_SECONDS = 0.6  # browsers that tick within half a second share a look; each tick here is its own
ROWS_ASKED = {"startRow": 0, "endRow": 50, "sortModel": [], "filterModel": {}}  # as the table of offenders
WALK_SECONDS = 120.0  # until the offenders of a month are complete, on a page that stays open
STATUS_SECONDS = 3.0  # between two looks further back
MONTH_SECONDS = 30 * 86_400
PAGES = (
    ("overview, hour", "/?range=1h", "cursor.data"),
    ("overview, 24 hours", "/?range=24h", "cursor.data"),
    ("overview, 7 days", "/?range=7d", "cursor.data"),
    ("overview, 30 days", "/?range=30d", "cursor.data"),
    ("offenders, 24 hours", "/offenders?range=24h", "offenders.getRowsResponse"),
    ("offenders, 30 days", "/offenders?range=30d", "offenders.getRowsResponse"),
    ("client, 30 days", "/client/198.18.7.7?range=30d", "client-timeline.figure"),
    ("events, 30 days", "/events?range=30d", "events.rowData"),
    ("savings, 24 hours", "/savings?range=24h", "savings-counts.children"),
    ("savings, 30 days", "/savings?range=30d", "savings-counts.children"),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What each run took, in ``unit``; ``target`` for the 95th percentile."""

    name: str
    values: tuple[float, ...]
    target: float
    unit: str = "ms"

    @property
    def p95(self) -> float:
        """The 95th percentile: nearest rank."""
        return self._rank(0.95)

    @property
    def median(self) -> float:
        """The 50th percentile: nearest rank."""
        return self._rank(0.5)

    @property
    def is_kept(self) -> bool:
        """Whether the target is reached."""
        return self.p95 <= self.target

    def _rank(self, share: float) -> float:
        ordered = sorted(self.values)
        return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def measure_all(session: Session, write_second: Callable[[], None]) -> Iterator[Measured]:
    """Every page and action in turn; ``write_second`` adds the newest second of traffic to the database."""
    yield from _first_data(session, write_second)
    for name, address in (("5 minutes", "/?range=5m"), ("hour", "/?range=1h")):
        page = Page(session, address, "cursor.data")
        page.load()
        tick = partial(page.act, "tick.n_intervals")
        page.answers.clear()
        yield Measured(
            f"tick: overview, {name}", _timed(TICKS, tick, write_second, TICK_PAUSE_SECONDS), TICK_MS
        )
        sizes = tuple(one / 1_000 for one in page.answers)
        yield Measured(f"tick on the wire: overview, {name}", sizes, TICK_KILOBYTES, "kB")
    yield Measured("offenders, 30 days: complete after", (_walk_seconds(session),), WALK_SECONDS, "s")
    for name, address in (
        ("30 days", "/events?range=30d"),
        ("30 days, a country", "/events?country=SG&range=30d"),
    ):
        page = Page(session, address, "events.rowData")
        page.load()
        turned = _timed(TURNS, partial(turn_page, page), lambda: None)
        yield Measured(f"page turn: events, {name}", turned, TURN_MS)


def _walk_seconds(session: Session) -> float:
    """Until the list of a range that nobody has asked for before is complete, or longer than allowed."""
    now, began = int(time.time()), time.monotonic()
    start, end = (datetime.fromtimestamp(one, UTC).isoformat() for one in (now - MONTH_SECONDS, now))
    address = f"/offenders?{urlencode({'from': start, 'to': end})}"
    page = Page(session, address, "offenders.getRowsResponse")
    page.load()
    while page.values["offenders-partial.data"] and time.monotonic() - began <= WALK_SECONDS:
        time.sleep(STATUS_SECONDS)
        page.act("offenders.getRowsRequest")
    return time.monotonic() - began


def _first_data(session: Session, write_second: Callable[[], None]) -> Iterator[Measured]:
    """All pages in rounds, none faster than the dashboard forgets what it read: each load is its own look."""
    pages = [(name, Page(session, address, output)) for name, address, output in PAGES]
    taken: dict[str, list[float]] = {name: [] for name, _ in pages}
    for _ in range(PAGE_LOADS):
        ends = time.monotonic() + ROUND_SECONDS
        for name, page in pages:
            taken[name] += _timed(1, page.load, write_second)
        time.sleep(max(0.0, ends - time.monotonic()))
    for name, values in taken.items():
        yield Measured(f"first data: {name}", tuple(values), PAGE_MS)


class Page:
    """An open page: ``values`` are what its components hold, by "id.property"; ``output`` is its data.

    ``answers`` are the bytes of each answer on the wire, headers included.
    """

    def __init__(self, session: Session, address: str, output: str) -> None:
        self._session = session
        self._address = address
        self._output = output
        self.values: dict[str, Any] = {}
        self.answers: list[int] = []

    def load(self) -> None:
        """What a browser asks for until the first figures are there; scripts and styles are in its cache."""
        path, _, search = self._address.partition("?")
        self._session.get(self._address)
        self._session.get("/_dash-layout")
        self._session.get("/_dash-dependencies")
        location = {"_pages_location.pathname": path, "_pages_location.search": f"?{search}"}
        shown = self._session.callback("_pages_content.children", "_pages_location.pathname", location)
        self.values = {"address.search": f"?{search}"} | dict(_held(shown["_pages_content"]["children"]))
        if self._output == "offenders.getRowsResponse":
            self.values["offenders.getRowsRequest"] = ROWS_ASKED
            self.act("offenders.getRowsRequest")
        else:
            self.act("")

    def act(self, changed: str) -> None:
        """Run the callback of the data because ``changed`` did; the page holds what it answers."""
        answered = self._session.callback(self._output, changed, self.values)
        self.answers.append(self._session.answer_bytes)
        name, _, wanted = self._output.partition(".")
        if wanted not in answered.get(name, {}):
            raise RuntimeError(f"{self._address}: no data came, but {str(answered)[:300]}")
        for one, properties in answered.items():
            self.values |= {f"{one}.{each}": value for each, value in properties.items()}


def turn_page(page: Page) -> None:
    """To older events. Raises RuntimeError where there are none."""
    if not page.values["events-shown.data"]["older"]:
        raise RuntimeError("no older events: seed more with --events")
    page.act("events-older.n_clicks")


def _held(component: Any) -> Iterator[tuple[str, Any]]:
    """The properties of all components of a layout that have a plain id."""
    if isinstance(component, list):
        for one in component:
            yield from _held(one)
    elif isinstance(component, dict) and "props" in component:
        properties = component["props"]
        if isinstance(properties.get("id"), str):
            yield from ((f"{properties['id']}.{name}", value) for name, value in properties.items())
        yield from _held(properties.get("children"))


def _timed(
    runs: int, run: Callable[[], None], before: Callable[[], None], pause_seconds: float = 0.0
) -> tuple[float, ...]:
    milliseconds = []
    for _ in range(runs):
        before()
        time.sleep(pause_seconds)
        began = time.perf_counter()
        run()
        milliseconds.append(1_000 * (time.perf_counter() - began))
    return tuple(milliseconds)
