"""What the signals look at: one client's tally, priced by the policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from decider.core.client_record import GROUPS, Tally
from decider.core.policy import RouteClass


@dataclass(frozen=True, slots=True)
class Evidence:
    """``cost`` is the price of one request of each class, in page views."""

    tally: Tally
    cost: Mapping[RouteClass, float]

    def cost_over(self, window_seconds: int) -> float:
        """What the client asked for in the sliding window, in page views: 80 assets at 0.02 are 1.6."""
        return sum(self.cost[group] * self.tally.over(group, window_seconds) for group in GROUPS)

    def requests_over(self, window_seconds: int) -> float:
        """Requests of every class in the sliding window."""
        return sum(self.tally.over(group, window_seconds) for group in GROUPS)
