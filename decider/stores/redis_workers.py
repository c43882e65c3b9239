"""Heartbeats of decider workers in Redis: one key a worker, gone ten seconds after its last beat."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import RedisError

from decider.core.errors import StoreUnavailable
from decider.core.worker_status import (
    HEARTBEAT_INDEX,
    HEARTBEAT_KEY,
    HEARTBEAT_TTL_SECONDS,
    WorkerStatus,
    worker_status_from_json,
)

INDEX_TTL_SECONDS = 86_400  # refreshed by every beat; a day after the last worker the index goes too


class RedisWorkers:
    """Both methods raise StoreUnavailable."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def tell(self, status: WorkerStatus) -> None:
        """Write one heartbeat."""
        key = HEARTBEAT_KEY.format(node=status.node, pid=status.pid)
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                pipeline.set(key, status.to_json(), ex=HEARTBEAT_TTL_SECONDS)
                pipeline.sadd(HEARTBEAT_INDEX, key)
                pipeline.expire(HEARTBEAT_INDEX, INDEX_TTL_SECONDS)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    async def all(self) -> list[WorkerStatus]:
        """The workers whose heartbeat is fresh, by node and process."""
        try:
            keys = [
                key.decode() if isinstance(key, bytes) else key
                for key in await self._client.smembers(HEARTBEAT_INDEX)
            ]
            told = [await self._client.get(key) for key in keys]
            gone = [key for key, text in zip(keys, told, strict=True) if text is None]
            if gone:
                await self._client.srem(HEARTBEAT_INDEX, *gone)
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error
        return sorted(
            (worker_status_from_json(text) for text in told if text is not None),
            key=lambda worker: (worker.node, worker.pid),
        )
