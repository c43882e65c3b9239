"""The key that says: this Redis holds what MongoDB knows. A Redis that came back empty does not have it."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import RedisError

from decider.core.errors import StoreUnavailable

MARKER_KEY = "decider:restored"
TTL_SECONDS = 86_400  # every key has a TTL; set anew every minute


class RedisRestoredMarker:
    """Both methods raise StoreUnavailable."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def is_set(self) -> bool:
        """Whether nothing needs to be restored."""
        try:
            return bool(await self._client.exists(MARKER_KEY))
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    async def set(self, moment: float) -> None:
        """Everything is there as of this epoch second."""
        try:
            await self._client.set(MARKER_KEY, f"{moment:.3f}", ex=TTL_SECONDS)
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error
