"""What it costs to keep many dashboards open: each ticks once a second, as a browser on a live range does."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from load.bench_dashboard.pages import Measured, Page
from load.bench_dashboard.session import Session

DASHBOARDS = 25
WATCHED_SECONDS = 20
TICK_SECONDS = 1.0
STATUS_TICKS = 3  # every third tick the badge in the header asks, too
MOST_PER_CENT = 25.0  # of one core


def cpu_of_many(session: Session, process: int, write_second: Callable[[], None]) -> Measured:
    """Per cent of one core that the dashboard (a process id and its children) takes. Raises RuntimeError."""
    stopping, faults = threading.Event(), list[Exception]()
    browsers = [
        threading.Thread(target=_watch, args=(session.again(), number / DASHBOARDS, stopping, faults))
        for number in range(DASHBOARDS)
    ]
    for one in browsers:
        one.start()
    time.sleep(2 * TICK_SECONDS)  # until all of them have drawn once
    shares = []
    for _ in range(WATCHED_SECONDS):
        before, began = _cpu_seconds(process), time.monotonic()
        write_second()
        time.sleep(TICK_SECONDS)
        shares.append(100 * (_cpu_seconds(process) - before) / (time.monotonic() - began))
    stopping.set()
    for one in browsers:
        one.join()
    if faults:
        raise RuntimeError(f"{len(faults)} of {DASHBOARDS} dashboards stopped: {faults[0]}")
    mean = sum(shares) / len(shares)
    return Measured(f"{DASHBOARDS} open dashboards, CPU of one core", (mean,), MOST_PER_CENT, "%")


def _watch(session: Session, delay: float, stopping: threading.Event, faults: list[Exception]) -> None:
    page, ticks = Page(session, "/?range=5m", "cursor.data"), 0
    try:
        stopping.wait(delay)
        page.load()
        while not stopping.wait(TICK_SECONDS):
            ticks += 1
            page.act("tick.n_intervals")
            if ticks % STATUS_TICKS == 0:
                session.callback("badge.children", "status-tick.n_intervals", page.values)
    except (RuntimeError, OSError) as error:
        faults.append(error)
    finally:
        session.close()


def _cpu_seconds(process: int) -> float:
    """User and system time of a process and its children, whose own children it has none of."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    return sum(_own_cpu_seconds(one) for one in (process, *map(int, children)))


def _own_cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
