"""Connections to Redis with the patience each kind of work has."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

BACKGROUND_TIMEOUT_SECONDS = 1.0  # lists, heartbeats, events: nobody waits, but a dead peer must be noticed
COUNTING_TIMEOUT_SECONDS = 0.5  # connecting; a trip itself is held to the 20 ms budget by the counters


def counting_connection(url: str) -> Redis:
    """For requests that wait: no retry, because a retried count would be a second count."""
    return _connection(url, COUNTING_TIMEOUT_SECONDS)


def background_connection(url: str) -> Redis:
    """For everything nobody waits for."""
    return _connection(url, BACKGROUND_TIMEOUT_SECONDS)


def _connection(url: str, timeout_seconds: float) -> Redis:
    return Redis.from_url(
        url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
        retry_on_error=[],
        protocol=2,
    )
