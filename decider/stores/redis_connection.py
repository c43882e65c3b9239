"""Connections to Redis with the patience each kind of work has."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from decider.redis_url import cluster_nodes, is_cluster

BACKGROUND_TIMEOUT_SECONDS = 1.0  # lists, heartbeats, events: nobody waits, but a dead peer must be noticed
CONNECT_NOW_SECONDS = 1.0  # a cluster is asked for its nodes, too; a worker that starts has this time
COUNTING_TIMEOUT_SECONDS = 0.5  # connecting; a trip itself is held to the 20 ms budget by the counters


def counting_connection(url: str) -> Redis:
    """For requests that wait: no retry, because a retried count would be a second count."""
    return _connection(url, COUNTING_TIMEOUT_SECONDS)


def background_connection(url: str) -> Redis:
    """For everything nobody waits for."""
    return _connection(url, BACKGROUND_TIMEOUT_SECONDS)


async def connect_now(client: Redis) -> None:
    """Connect before the first request, whose budget is shorter; a server that is away is found later."""
    with suppress(RedisError, OSError, TimeoutError):
        async with asyncio.timeout(CONNECT_NOW_SECONDS):
            await client.ping()


def _connection(url: str, timeout_seconds: float) -> Redis:
    if is_cluster(url):
        # the commands are the same; no class that both have says so
        return cast(Redis, _cluster_connection(url, timeout_seconds))
    return Redis.from_url(
        url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
        retry_on_error=[],
        protocol=2,
    )


def _cluster_connection(url: str, timeout_seconds: float) -> RedisCluster:
    """Knows which node holds which keys; the nodes named in the URL are only where it asks first."""
    first, nodes = cluster_nodes(url)
    options: dict[str, Any] = {**parse_url(first)}
    uses_tls = options.pop("connection_class", None) is not None
    for name in ("host", "port", "db"):
        options.pop(name, None)
    return RedisCluster(
        startup_nodes=[ClusterNode(host, port) for host, port in nodes],
        ssl=uses_tls,
        # clients of the other masters are counted in Redis while one master has not been replaced yet
        require_full_coverage=False,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        **options,
    )
