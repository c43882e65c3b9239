"""Tallies as the stores would keep them, made from what a client did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from decider.core.client_record import ClientRecord, count_hits
from decider.core.hit import hit_for
from decider.core.policy import RouteClass
from decider.core.tally import Tally

NOW_MS = 1_800_000_000_000.0  # on the edge of every window


def tally_of(requests: Iterable[tuple[float, RouteClass]], **fields: Any) -> Tally:
    """``requests`` as (seconds before now, class), oldest first; ``fields`` of the record set afterwards."""
    record = ClientRecord()
    for before, route_class in requests:
        record = count_hits(record, (hit_for(route_class),), NOW_MS - 1000 * before)
    return Tally(record._replace(**fields), NOW_MS)


def every(seconds: float, times: int, route_class: RouteClass) -> list[tuple[float, RouteClass]]:
    """A loop that ends now."""
    return [(seconds * left, route_class) for left in range(times - 1, -1, -1)]
