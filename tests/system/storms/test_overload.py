"""More than can be decided, through real Nginx: bounded, counted, healthy meanwhile, over when it is over.

What the machine has left for each process decides how much that is; so the assertions are about bounds and
sums, not about rates. docs/storms.md has figures.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from tests.running_stack import run_stack
from tests.system.storms.flood import application, flood
from tests.system.storms.watched import Watched

FLOOD_SECONDS = 5
HEALTHY_SECONDS = 1.0
NGINX_PATIENCE_MS = 150.0
MOST_TIMED_OUT = 0.03  # of all requests: the first crowd, and the first after each two seconds of the breaker
AFTERWARDS = 50


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder: Path = tmp_path_factory.mktemp("overload")
    with application(folder / "application") as upstream, run_stack(folder, UPSTREAM=upstream) as stack:
        yield Watched(stack)


def look_after_health(watched: Watched, over: Event) -> list[tuple[str, int, float]]:
    """(path, status, seconds) of health checks, ten a second."""
    seen = []
    while not over.is_set():
        for path in ("/healthz", "/readyz"):
            answer, seconds = watched.ask_decider(path)
            seen.append((path, answer.status, seconds))
        time.sleep(0.1)
    return seen


def totals(watched: Watched) -> dict[str, float]:
    names = ("decisions", "shed", "errors")
    return {name: watched.metric(f"decider_{name}_total") for name in names}


def settled_totals(watched: Watched) -> dict[str, float]:
    """The metrics come from heartbeats, one a second: two equal looks."""
    time.sleep(1.2)
    before = totals(watched)
    time.sleep(1.2)
    assert totals(watched) == before
    return before


@pytest.mark.parametrize("connections", [256, 512])
def test_a_crowd_is_shed_and_counted_and_health_checks_are_answered(
    watched: Watched, connections: int
) -> None:
    before, timed_out_before = settled_totals(watched), watched.nginx_errors("decider.sock")
    over = Event()
    with ThreadPoolExecutor(1) as pool:
        health = pool.submit(look_after_health, watched, over)
        try:
            crowd = flood(watched.stack.gateway_port, connections, FLOOD_SECONDS)
        finally:
            over.set()
        checks = health.result()
    after = settled_totals(watched)
    assert (crowd.refused, crowd.broken) == (0, 0)  # whoever is not decided about is let in, and nobody waits
    assert {status for _, status, _ in checks} == {200}
    assert max(seconds for _, _, seconds in checks) < HEALTHY_SECONDS
    assert len(checks) >= 2 * FLOOD_SECONDS
    assert after["decisions"] > before["decisions"]
    assert after["errors"] == before["errors"]
    assert watched.metric("decider_p99_ms") <= 2 * NGINX_PATIENCE_MS
    timed_out = watched.nginx_errors("decider.sock") - timed_out_before
    assert timed_out <= MOST_TIMED_OUT * crowd.requests
    assert "Traceback" not in (watched.stack.run_dir / "logs" / "decider.log").read_text()
    told = watched.command("status", "--json").stdout
    assert f'"shed": {int(after["shed"])}' in told


def test_it_is_over_when_it_is_over(watched: Watched) -> None:
    flood(watched.stack.gateway_port, 512, 1)
    time.sleep(2.5)  # Nginx asks again two seconds after the breaker opened
    watched.browse("81.2.69.1")
    before = settled_totals(watched)
    for number in range(AFTERWARDS):
        assert watched.browse(f"81.2.70.{number}") == 200
    after = settled_totals(watched)
    assert after["shed"] == before["shed"]
    assert after["decisions"] == before["decisions"] + AFTERWARDS
    assert watched.redis_state() == "ok"
