"""What a decider worker tells about itself once a second: the heartbeat behind status, metrics and banner."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

HEARTBEAT_KEY = "decider:worker:{node}:{pid}"
HEARTBEAT_INDEX = "decider:workers"  # set of heartbeat keys: reading them never scans a million clients
HEARTBEAT_TTL_SECONDS = 10  # ten missed beats: the worker is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """Totals since the start of the worker; times in epoch seconds, latencies in ms over the last minute."""

    node: str
    pid: int
    started: float
    ts: float
    decisions: int = 0
    allowed: int = 0
    blocked: int = 0
    would_block: int = 0
    malformed: int = 0
    errors: int = 0
    degraded_decisions: int = 0
    shed: int = 0
    degraded: bool = False
    degraded_since: float = 0.0
    events_dropped: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    mode: str = "enforce"
    policy_digest: str = ""
    policy_profile: str = ""
    policy_fault: str = ""  # of the operator's file, while an older policy stays in effect
    policy_faults: int = 0
    lists_version: int = 0
    country_db: str = "unknown"
    asn_db: str = "unknown"
    city_db: str = "off"
    list_dates: Mapping[str, str] = field(default_factory=dict)  # by package, ISO; empty: it is missing

    def to_json(self) -> str:
        """Compact JSON, keys as the field names."""
        return json.dumps(asdict(self), separators=(",", ":"))


_FIELDS = frozenset(one.name for one in fields(WorkerStatus))


def worker_status_from_json(text: str | bytes) -> WorkerStatus:
    """Read a heartbeat back; unknown keys are ignored. Raises ValueError when it is none."""
    try:
        return WorkerStatus(**{key: value for key, value in json.loads(text).items() if key in _FIELDS})
    except (TypeError, AttributeError) as error:
        raise ValueError(f"no worker heartbeat: {error}") from error
