"""Keeps Python's collector out of the way of a process that answers or reads all the time."""

from __future__ import annotations

import gc

# container objects made before the youngest are looked at, and how often the elder; default: 700, 10, 10
THRESHOLDS = (50_000, 20, 100)


def collect_rarely() -> None:
    """Never look again at what exists now, and seldom at what comes.

    A full pass over caches and code takes 50 to 150 ms; a decision or an access line makes no cycles, so that
    nothing piles up meanwhile.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
