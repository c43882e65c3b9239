"""The shipped measurements run to their end, at a small size; their bounds are for a machine of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.servers import ROOT, dies_with_us

BYTES_A_CLIENT = 400
MEGABYTES_A_WORKER = 100


def measured(module: str, *arguments: str) -> dict[str, Any]:
    """What the module tells as JSON. Its exit status says whether bounds were kept: not asked for here."""
    done = subprocess.run(
        dies_with_us([sys.executable, "-m", f"load.bench.{module}", "--json", *arguments]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_growth_tells_the_cost_of_a_decision_and_the_bytes_of_a_client() -> None:
    told = measured("growth", "--clients", "5000", "--rounds", "2")
    assert 0 < told["redis_us_many"] < told["cpu_us_many"]
    assert told["ratio_least"] <= told["ratio"] <= told["ratio_most"]
    assert 100 < told["bytes_per_client_most"] <= BYTES_A_CLIENT


def test_the_recorders_rate_is_that_of_events_stored() -> None:
    told = measured("recorder_rate", "--events", "20000")
    assert told["per_second"] > 0
    assert told["recorder_cpu_us"] > 0
    assert told["mongo_cpu_us"] > 0


def test_a_soak_tells_memory_and_growth() -> None:
    told = measured("soak", "--clients", "20000", "--minutes", "0.2")
    assert 0 < told["megabytes_at_start"] < told["megabytes_after_clients"]
    assert told["most_megabytes"] <= MEGABYTES_A_WORKER
    assert told["errors"] == 0
