"""Waits grow to a limit, and an outage is told once."""

import asyncio
import logging

import pytest

from decider.recorder.patience import (
    FIRST_DELAY_SECONDS,
    LONGEST_DELAY_SECONDS,
    Patience,
    StoreHealth,
    delay_seconds,
)


def test_delays_double_up_to_a_limit_and_stay_there() -> None:
    assert [delay_seconds(failures) for failures in range(1, 6)] == [0.1, 0.2, 0.4, 0.8, 1.6]
    assert delay_seconds(6) == delay_seconds(10_000) == LONGEST_DELAY_SECONDS


def test_stopping_cuts_a_wait_short() -> None:
    async def wait() -> tuple[bool, bool]:
        stopping, patience = asyncio.Event(), Patience()
        waited = await patience.wait(stopping)
        stopping.set()
        return waited, await patience.wait(stopping)

    assert asyncio.run(wait()) == (True, False)


def test_a_success_starts_the_delays_anew() -> None:
    async def time_of_wait() -> float:
        patience, stopping = Patience(), asyncio.Event()
        await patience.wait(stopping)
        patience.reset()
        began = asyncio.get_running_loop().time()
        await patience.wait(stopping)
        return asyncio.get_running_loop().time() - began

    assert FIRST_DELAY_SECONDS * 0.9 <= asyncio.run(time_of_wait()) < 2 * FIRST_DELAY_SECONDS


def test_an_outage_is_one_line_at_its_start_and_one_at_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    health = StoreHealth("mongodb")
    health.succeeded()
    for _ in range(50):
        health.failed(OSError("refused"))
    health.succeeded()
    health.succeeded()
    assert [record.message.split()[0] for record in caplog.records] == [
        "mongodb_unreachable",
        "mongodb_reachable",
    ]
