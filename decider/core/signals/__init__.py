"""SIGNALS: the catalogue, in the order people read them. One idea, one file."""

from decider.core.signals.burst import BURST
from decider.core.signals.regularity import REGULARITY
from decider.core.signals.sensitive_pressure import SENSITIVE_PRESSURE
from decider.core.signals.signal import Signal
from decider.core.signals.sustained_rate import SUSTAINED_RATE

__all__ = ["SIGNALS", "Signal"]

SIGNALS: tuple[Signal, ...] = (BURST, SUSTAINED_RATE, REGULARITY, SENSITIVE_PRESSURE)
