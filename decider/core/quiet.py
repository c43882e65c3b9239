"""Is there nothing to measure? Most requests come from clients that have hardly done anything yet.

Every signal that rests on what was counted says below the start of which ramps it is silent, and what each of
those rises with (``Signal.silent_below``). A plain request of a client of whom nothing is above any of them
scores 0: 2 us instead of the 15 that measuring takes. It is a bound: what it calls quiet, the signals would
have called 0, too; everything else is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import gt, itemgetter

from decider.core.client_record import ClientRecord
from decider.core.policy import Policy, RouteClass
from decider.core.record_layout import SLOT_OF_SKETCH, Group, Sketch
from decider.core.signals import SIGNALS
from decider.core.signals.signal import Quantity
from decider.core.tally import DISTINCT, longest_slot

IsQuiet = Callable[[ClientRecord], bool]


def build_quiet(policy: Policy) -> IsQuiet:
    """A function record -> bool for one policy."""
    starts = _Starts(policy)
    slots = [slot + turn for group in starts.groups for slot in (longest_slot(group),) for turn in (0, 1)]
    pick = itemgetter(*slots)
    # each bucket may hold half of what the window may: a sum for each group would take three times as long
    halves = [start / 2 for start in starts.groups.values() for _ in (0, 1)]
    sketches = [(SLOT_OF_SKETCH[one], _most_bits(start)) for one, start in starts.sketches.items()]
    prices = [(longest_slot(route_class), price) for route_class, price in policy.cost.items()]
    most_cost, most_hours = starts.quantities[Quantity.COST], starts.quantities[Quantity.ACTIVE_HOURS]

    def is_quiet(record: ClientRecord) -> bool:
        buckets = record.buckets
        if record.probe_at or any(map(gt, pick(buckets), halves)):
            return False
        for slot, most_bits in sketches:
            if (buckets[slot] | buckets[slot + 1]).bit_count() > most_bits:
                return False
        cost = 0.0
        for slot, price in prices:
            cost += price * (buckets[slot] + buckets[slot + 1])
        return cost <= most_cost and record.active_hours.bit_count() <= most_hours

    return is_quiet


class _Starts:
    """The lowest start of all ramps that rise with each group, sketch and quantity."""

    def __init__(self, policy: Policy) -> None:
        self.groups: dict[Group | RouteClass, float] = {}
        self.sketches: dict[Sketch, float] = {}
        self.quantities: dict[Quantity, float] = {}
        for signal in SIGNALS:
            for name, watched in signal.silent_below.items():
                start = policy.signals[signal.name].ramps[name].silent_up_to
                if isinstance(watched, Quantity):
                    self.quantities[watched] = min(start, self.quantities.get(watched, start))
                elif isinstance(watched, Sketch):
                    self.sketches[watched] = min(start, self.sketches.get(watched, start))
                else:
                    self.groups[watched] = min(start, self.groups.get(watched, start))


def _most_bits(different: float) -> int:
    """How many bits of a sketch may be set while it reads no more than so many different things."""
    return max((bits for bits, reads in enumerate(DISTINCT) if reads <= different), default=-1)
