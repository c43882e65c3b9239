"""What a worker tells once a second, and the Prometheus text made of all workers' tellings."""

from __future__ import annotations

from collections.abc import Iterable

from decider.core.worker_status import WorkerStatus

COUNTERS = {
    "decisions": "Requests decided",
    "allowed": "Requests answered allow",
    "blocked": "Requests answered block",
    "would_block": "Requests that enforce mode would have blocked",
    "malformed": "Subrequests no facts could be read from",
    "errors": "Decisions that failed inside the decider and got the policy's answer",
    "degraded_decisions": "Decisions made from the worker's own counters while Redis was away",
    "shed": "Requests let through undecided because too many waited, but for bans known to the worker",
    "events_dropped": "Security events that could not be kept while Redis was away",
}
GAUGES = {
    "degraded": "1 while Redis is away for this worker",
    "p50_ms": "Median decision time over the last minute in ms (upper bound of its bucket)",
    "p99_ms": "99th percentile of the decision time over the last minute in ms",
    "policy_faults": "Faults of the policy file; the policy before stays in effect",
    "lists_version": "Version of the operator's lists this worker holds",
}


def prometheus_text(workers: Iterable[WorkerStatus]) -> str:
    """Prometheus exposition format 0.0.4, one series a worker."""
    known = tuple(workers)
    lines: list[str] = []
    for names, kind in ((COUNTERS, "counter"), (GAUGES, "gauge")):
        for name, text in names.items():
            metric = f"decider_{name}_total" if kind == "counter" else f"decider_{name}"
            lines += [f"# HELP {metric} {text}", f"# TYPE {metric} {kind}"]
            lines += [f"{metric}{_labels(worker)} {float(getattr(worker, name)):g}" for worker in known]
    return "\n".join(lines) + "\n"


def _labels(worker: WorkerStatus) -> str:
    node = worker.node.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{{node="{node}",pid="{worker.pid}"}}'
