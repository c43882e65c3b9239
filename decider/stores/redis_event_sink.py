"""Security events on their way into the stream: taken at once, delivered in the background."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

from redis.asyncio import Redis
from redis.exceptions import RedisError

from decider.core.security_event import STREAM_FIELD, STREAM_KEY, SecurityEvent

STREAM_LENGTH = 100_000  # entries kept for a recorder that is away; about 60 MB, days of ordinary attacks
STREAM_TTL_SECONDS = 30 * 86_400  # every key has a TTL; a stream nobody touched for a month is abandoned
WAITING_EVENTS = 10_000  # kept while Redis is away; beyond it the oldest is dropped and counted
DELIVERY_BATCH = 100  # events a pipeline carries
RETRY_SECONDS = 0.5  # between deliveries while Redis is away


class RedisEventSink:
    """``start`` needs a running loop; ``dropped`` counts what could not be kept."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._waiting: deque[SecurityEvent] = deque()
        self._arrived = asyncio.Event()
        self._delivery: asyncio.Task[None] | None = None
        self.dropped = 0

    def record(self, event: SecurityEvent) -> None:
        """Take the event and return at once."""
        if len(self._waiting) >= WAITING_EVENTS:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(event)
        self._arrived.set()

    def start(self) -> None:
        """Begin to deliver."""
        self._delivery = asyncio.create_task(self._deliver())

    async def close(self) -> None:
        """Deliver what waits, if Redis takes it at once, and stop."""
        if self._delivery is not None:
            self._delivery.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._delivery
        with contextlib.suppress(RedisError, OSError):
            await self._send()

    async def _deliver(self) -> None:
        while True:
            await self._arrived.wait()
            try:
                await self._send()
            except (RedisError, OSError):
                await asyncio.sleep(RETRY_SECONDS)

    async def _send(self) -> None:
        while self._waiting:
            batch = [self._waiting[place] for place in range(min(len(self._waiting), DELIVERY_BATCH))]
            async with self._client.pipeline(transaction=True) as pipeline:
                for event in batch:
                    pipeline.xadd(STREAM_KEY, {STREAM_FIELD: event.to_json()}, maxlen=STREAM_LENGTH)
                pipeline.expire(STREAM_KEY, STREAM_TTL_SECONDS)
                await pipeline.execute()
            for _ in range(min(len(batch), len(self._waiting))):
                self._waiting.popleft()
        self._arrived.clear()
