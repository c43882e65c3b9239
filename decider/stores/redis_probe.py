"""Looks for a Redis that went away, at a pace that costs nothing."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis
from redis.exceptions import RedisError

PROBE_SECONDS = 0.25  # between attempts
PROBES_TO_RECOVER = 2  # good ones in a row, so that one lucky answer does not end an outage


async def redis_is_back(client: Redis, budget_seconds: float) -> None:
    """Returns when Redis answers within the budget again."""
    good = 0
    while good < PROBES_TO_RECOVER:
        await asyncio.sleep(PROBE_SECONDS)
        try:
            await client.ping()  # connects where that is needed, which may take longer
            async with asyncio.timeout(budget_seconds):
                await client.ping()
            good += 1
        except (RedisError, OSError, TimeoutError):
            good = 0
