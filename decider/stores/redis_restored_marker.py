"""The key that says: this Redis holds what MongoDB knows. A Redis that came back empty does not have it."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from decider.core.errors import StoreUnavailable

MARKER_KEY = "decider:restored"
BEGUN_KEY = "decider:{decider:restored}:begun"  # in the marker's slot: one is renamed to the other
TTL_SECONDS = 86_400  # every key has a TTL; set anew every minute


class RedisRestoredMarker:
    """Set only in a Redis that lost nothing since ``begin``. Every method raises StoreUnavailable."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def is_set(self) -> bool:
        """Whether nothing needs to be restored."""
        try:
            return bool(await self._client.exists(MARKER_KEY))
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    async def begin(self, moment: float) -> None:
        """What is about to be read and written is what was known at this epoch second."""
        try:
            await self._client.set(BEGUN_KEY, f"{moment:.3f}", ex=TTL_SECONDS)
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    async def complete(self) -> bool:
        """Set the marker; False where Redis was emptied meanwhile, or another recorder completed first."""
        try:
            return bool(await self._client.rename(BEGUN_KEY, MARKER_KEY))
        except ResponseError as error:
            if "no such key" in str(error):
                return False
            raise StoreUnavailable(str(error)) from error
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    async def touch(self, moment: float) -> None:
        """Keep the marker another day, if it is there: one set anew would hide that Redis was emptied."""
        try:
            await self._client.set(MARKER_KEY, f"{moment:.3f}", ex=TTL_SECONDS, xx=True)
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error
