"""The result of an attack as a table for people and as plain values for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from load.ledger import ClientAccount, Ledger
from load.promises import Promise

HEADINGS = ("client", "address", "requests", "allowed", "blocked", "first blocked after", "orders")
WIDTHS = (13, 17, 9, 9, 9, 22, 9)


def lines(ledger: Ledger, promises: Sequence[Promise], dashboard: str) -> list[str]:
    """The table, the promises, and what the dashboard shows."""
    told = ["", _row(HEADINGS), _row(tuple("-" * (width - 1) for width in WIDTHS))]
    told += [_row(_cells(one)) for one in _summed(ledger)]
    told += ["", *(f"{'kept  ' if one.kept else 'BROKEN'}  {one.text}: {one.measured}" for one in promises)]
    totals = ledger.totals()
    share = totals["blocked"] / totals["requests"] if totals["requests"] else 0.0
    told += [
        "",
        f"The dashboard at {dashboard} shows, in the last 5 minutes: {totals['blocked']:,} of "
        f"{totals['requests']:,} requests blocked ({share:.1%}), and under last bans:",
        *(f"  {one.address}  {one.kind}" for one in _blocked(ledger)),
    ]
    return told


def to_mapping(ledger: Ledger, promises: Sequence[Promise]) -> dict[str, Any]:
    """Everything as plain values."""
    return {
        "clients": [asdict(one) for one in ledger.accounts.values()],
        "totals": ledger.totals(),
        "promises": [asdict(one) for one in promises],
        "kept": all(one.kept for one in promises),
    }


def _summed(ledger: Ledger) -> list[ClientAccount]:
    """Shoppers at home as one line, everyone else as they are."""
    homes = ledger.of_kind("human")
    together = ClientAccount("human", f"{len(homes)} addresses")
    for one in homes:
        for name in ("requests", "allowed", "blocked", "failed", "orders_tried", "orders_completed"):
            setattr(together, name, getattr(together, name) + getattr(one, name))
    return [together, *(one for one in ledger.accounts.values() if one.kind != "human")]


def _blocked(ledger: Ledger) -> list[ClientAccount]:
    return [one for one in ledger.accounts.values() if one.blocked]


def _cells(one: ClientAccount) -> tuple[str, ...]:
    first = "never"
    if one.first_block_after_requests is not None and one.first_block_after_seconds is not None:
        first = f"{one.first_block_after_requests} requests, {one.first_block_after_seconds:.2f} s"
    elif one.blocked:
        first = "see --json"
    orders = f"{one.orders_completed}/{one.orders_tried}" if one.orders_tried else ""
    return (one.kind, one.address, f"{one.requests:,}", f"{one.allowed:,}", f"{one.blocked:,}", first, orders)


def _row(cells: Sequence[str]) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()
