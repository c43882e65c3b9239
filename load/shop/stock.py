"""Stock and orders: counted exactly, whatever arrives at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Any


@dataclass
class Stock:
    """``left`` items; every order tried and completed is counted by client address."""

    left: int
    _tried: Counter[str] = field(default_factory=Counter)
    _completed: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def order(self, client: str) -> int | None:
        """Sell one item and return the order's number; None when nothing is left."""
        with self._lock:
            self._tried[client] += 1
            if self.left <= 0:
                return None
            self.left -= 1
            self._completed[client] += 1
            return self._completed.total()

    def report(self) -> dict[str, Any]:
        """Totals and orders by client, for /orders.json."""
        with self._lock:
            return {
                "left": self.left,
                "tried": self._tried.total(),
                "completed": self._completed.total(),
                "by_client": {
                    client: {"tried": tried, "completed": self._completed[client]}
                    for client, tried in self._tried.items()
                },
            }
