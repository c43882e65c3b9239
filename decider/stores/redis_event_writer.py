"""An operator's action into the stream: delivered before the command says that it is done."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import RedisError

from decider.core.errors import StoreUnavailable
from decider.core.security_event import STREAM_FIELD, STREAM_KEY, SecurityEvent
from decider.stores.redis_event_sink import STREAM_LENGTH, STREAM_TTL_SECONDS


class RedisEventWriter:
    """Waits for Redis; nothing is kept back."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def write(self, event: SecurityEvent) -> None:
        """Return when the event is in the stream. Raises StoreUnavailable."""
        try:
            await self._client.xadd(STREAM_KEY, {STREAM_FIELD: event.to_json()}, maxlen=STREAM_LENGTH)
            await self._client.expire(STREAM_KEY, STREAM_TTL_SECONDS)
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error
