"""SIGNALS: the catalogue, in the order people read them. One idea, one file."""

from decider.core.signals.agent_rotation import AGENT_ROTATION
from decider.core.signals.attack_strings import ATTACK_STRINGS
from decider.core.signals.burst import BURST
from decider.core.signals.false_crawler import FALSE_CRAWLER
from decider.core.signals.identity import IDENTITY
from decider.core.signals.login_pressure import LOGIN_PRESSURE
from decider.core.signals.missing_pages import MISSING_PAGES
from decider.core.signals.origin import ORIGIN
from decider.core.signals.probe_paths import PROBE_PATHS
from decider.core.signals.refusals import REFUSALS
from decider.core.signals.regularity import REGULARITY
from decider.core.signals.round_the_clock import ROUND_THE_CLOCK
from decider.core.signals.route_spread import ROUTE_SPREAD
from decider.core.signals.sensitive_pressure import SENSITIVE_PRESSURE
from decider.core.signals.shared_login_pressure import SHARED_LOGIN_PRESSURE
from decider.core.signals.signal import Signal
from decider.core.signals.subnet_pressure import SUBNET_PRESSURE
from decider.core.signals.sustained_rate import SUSTAINED_RATE
from decider.core.signals.trap import TRAP
from decider.core.signals.undrawn_pages import UNDRAWN_PAGES
from decider.core.signals.unguided_pages import UNGUIDED_PAGES
from decider.core.signals.unknown_scripts import UNKNOWN_SCRIPTS
from decider.core.signals.write_pressure import WRITE_PRESSURE

__all__ = ["SIGNALS", "Signal"]

SIGNALS: tuple[Signal, ...] = (
    BURST,
    SUSTAINED_RATE,
    REGULARITY,
    ROUND_THE_CLOCK,
    SENSITIVE_PRESSURE,
    ROUTE_SPREAD,
    UNGUIDED_PAGES,
    UNDRAWN_PAGES,
    PROBE_PATHS,
    UNKNOWN_SCRIPTS,
    ATTACK_STRINGS,
    TRAP,
    MISSING_PAGES,
    REFUSALS,
    WRITE_PRESSURE,
    LOGIN_PRESSURE,
    SHARED_LOGIN_PRESSURE,
    SUBNET_PRESSURE,
    IDENTITY,
    AGENT_ROTATION,
    FALSE_CRAWLER,
    ORIGIN,
)
