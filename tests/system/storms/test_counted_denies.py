"""What Nginx answers from its deny cache is counted: all of it, or how much is missing is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running_stack import run_stack
from tests.system.storms.flood import application, flood
from tests.system.storms.watched import Watched, wait_until

BURST = 400
BOT = "100.0.0.0"  # the first and only client of the flood below
FLOOD_SECONDS = 3
CONNECTIONS = 64


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder: Path = tmp_path_factory.mktemp("denies")
    with application(folder / "application") as upstream, run_stack(folder, UPSTREAM=upstream) as stack:
        yield Watched(stack)


def settled(watched: Watched) -> dict[str, int]:
    """Totals of traffic when three seconds brought nothing new; ``dropped`` as the recorder shows it."""
    seen: list[dict[str, int]] = []

    def no_news() -> bool:
        seen.append(watched.traffic())
        return len(seen) > 60 and all(one == seen[-1] for one in seen[-60:])  # of polls 50 ms apart

    wait_until(no_news, "traffic settled", 60)
    status: dict[str, Any] = watched.recorder()
    assert status["drops_countable"]
    return {**seen[-1], "dropped": int(status["dropped_datagrams"])}


def test_a_burst_of_cached_denies_is_counted_exactly(watched: Watched) -> None:
    before = settled(watched)
    statuses = [watched.browse(BOT, "/checkout") for _ in range(BURST)]
    after = settled(watched)
    told = {name: after[name] - before[name] for name in after}
    denied = statuses.count(403)
    assert denied > BURST / 2
    assert told["dropped"] == 0
    assert told["requests"] == BURST
    assert told["allowed"] == BURST - denied
    assert told["blocked"] == denied
    assert denied / 2 < told["cached_denies"] <= denied


def test_a_flood_of_cached_denies_is_counted_or_the_rest_is_shown_as_dropped(watched: Watched) -> None:
    for _ in range(60):
        watched.browse(BOT, "/checkout")  # still banned, or again
    before = settled(watched)
    crowd = flood(watched.stack.gateway_port, CONNECTIONS, FLOOD_SECONDS, clients=1, first=100)
    after = settled(watched)
    told = {name: after[name] - before[name] for name in after}
    assert crowd.refused > 1_000
    assert told["requests"] == told["allowed"] + told["blocked"]
    missing = crowd.requests - told["requests"] - told["dropped"]
    assert -CONNECTIONS <= missing <= 0  # wrk does not count what was under way when it stopped
    assert told["cached_denies"] > 0.5 * told["blocked"]
