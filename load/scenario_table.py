"""The outcome of scenarios as a table for people and as plain values for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from load.scenario import Outcome

HEADINGS = (
    "",
    "scenario",
    "expected",
    "clients",
    "requests",
    "a second",
    "passed",
    "blocked",
    "what happened",
)
WIDTHS = (6, 23, 24, 7, 8, 8, 7, 7, 40)


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The table, and whether everything in it was decided."""
    yield _row(HEADINGS)
    yield _row(tuple("-" * width for width in WIDTHS))
    yield from (_row(_cells(one)) for one in outcomes)
    yield ""
    undecided = sum(one.undecided for one in outcomes)
    yield (
        f"{undecided:,} requests passed undecided (fail-open): the machine was too busy to judge them"
        if undecided
        else "every request was decided; none passed by fail-open"
    )


def to_mapping(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Everything as plain values."""
    return {
        "scenarios": [asdict(one) | {"kept": one.kept} for one in outcomes],
        "kept": all(one.kept for one in outcomes),
    }


def _cells(one: Outcome) -> tuple[str, ...]:
    told = [one.fault] if one.fault else []
    if one.first_block_after_requests is not None and one.first_block_after_seconds is not None:
        told.append(
            f"403 from request {one.first_block_after_requests}, {one.first_block_after_seconds:.1f} s"
        )
    if one.undecided:
        told.append(f"{one.undecided:,} undecided")
    if one.orders_tried:
        told.append(f"{one.orders_completed} of {one.orders_tried} orders")
    counts = (
        f"{one.clients:,}",
        f"{one.requests:,}",
        f"{one.per_second:g}",
        f"{one.allowed:,}",
        f"{one.blocked:,}",
    )
    return ("kept" if one.kept else "BROKEN", one.name, one.expected, *counts, "; ".join(told))


def _row(cells: Sequence[str]) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()
