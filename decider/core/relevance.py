"""Which signals are worth measuring? Of most clients none: they have hardly done anything yet.

Every signal that rests on what was counted says below the start of which ramps it is silent, and what each of
those rises with (``Signal.silent_below``). What a record holds above the lowest of these starts decides which
signals may say anything; a plain request of a client that is above none of them scores 0. It is a bound: what
is left out would have said 0, too. Measured for a client that is quiet: 3 us instead of 14.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import gt, itemgetter

from decider.core.client_record import ClientRecord
from decider.core.policy import Policy, RouteClass
from decider.core.record_layout import SLOT_OF_SKETCH, Group, Sketch
from decider.core.signals.signal import Quantity, Signal, Watched
from decider.core.tally import DISTINCT, longest_slot

CACHED_PATTERNS = 4_096  # what may be above its start at the same time; some dozens of them occur

_Key = tuple[str, Watched]  # with its type: numbers of groups and sketches are equal


class Relevance:
    """For one policy and some signals; answers with their places."""

    def __init__(self, policy: Policy, signals: Sequence[Signal]) -> None:
        self._signals = tuple(signals)
        starts: dict[_Key, float] = {}
        for signal in signals:
            for name, watched in signal.silent_below.items():
                start = _silent_up_to(policy, signal, name, watched)
                starts[_key(watched)] = min(start, starts.get(_key(watched), start))
        groups = [one for _, one in starts if isinstance(one, Group | RouteClass)]
        sketches = [one for _, one in starts if isinstance(one, Sketch)]
        slots = [longest_slot(group) + turn for group in groups for turn in (0, 1)]
        self._pick = itemgetter(*slots) if slots else lambda _buckets: ()
        self._sketch_slots = [SLOT_OF_SKETCH[sketch] for sketch in sketches]
        self._prices = [(longest_slot(route_class), price) for route_class, price in policy.cost.items()]
        bounds: list[tuple[_Key, float]] = []
        for group in groups:  # each bucket may hold half of what both may: adding them up would take longer
            bounds += [(_key(group), starts[_key(group)] / 2)] * 2
        bounds += [(_key(sketch), _most_bits(starts[_key(sketch)])) for sketch in sketches]
        bounds += [(_key(one), starts.get(_key(one), 0.0)) for one in Quantity]
        self._keys = [key for key, _ in bounds]
        self._limits = [limit for _, limit in bounds]
        self._places_of = lru_cache(maxsize=CACHED_PATTERNS)(self._find_places)

    def __call__(self, record: ClientRecord) -> tuple[int, ...]:
        """The signals that may say something about a plain request (core/request_kind.py), where only its
        client's record was counted."""
        buckets, cost = record.buckets, 0.0
        for slot, price in self._prices:
            cost += price * (buckets[slot] + buckets[slot + 1])
        held = (
            *self._pick(buckets),
            *[(buckets[slot] | buckets[slot + 1]).bit_count() for slot in self._sketch_slots],
            cost,  # and the others in the order of Quantity
            record.active_hours.bit_count(),
            record.probe_at,
        )
        return self._places_of(bytes(map(gt, held, self._limits)))

    def _find_places(self, pattern: bytes) -> tuple[int, ...]:
        above = {key for key, is_above in zip(self._keys, pattern, strict=True) if is_above}
        if not above:
            return ()
        return tuple(place for place, signal in enumerate(self._signals) if _may_speak(signal, above))


def _may_speak(signal: Signal, above: set[_Key]) -> bool:
    return signal.needs_company or any(_key(watched) in above for watched in signal.silent_below.values())


def _silent_up_to(policy: Policy, signal: Signal, ramp: str, watched: Watched) -> float:
    if watched is Quantity.PROBE_AT:
        return 0.0  # there is such a moment, or there is none
    return policy.signals[signal.name].ramps[ramp].silent_up_to


def _key(watched: Watched) -> _Key:
    return type(watched).__name__, watched


def _most_bits(different: float) -> int:
    """How many bits of a sketch may be set while it reads no more than so many different things."""
    return max((bits for bits, reads in enumerate(DISTINCT) if reads <= different), default=-1)
