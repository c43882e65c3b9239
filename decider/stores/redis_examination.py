"""What `status` and `doctor` ask of Redis itself. All methods raise StoreUnavailable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from decider.core.errors import StoreUnavailable
from decider.core.security_event import STREAM_KEY

SAMPLED_KEYS = 1_000  # keys looked at for a missing TTL: a second's work at most
NO_TTL = -1  # what Redis answers for a key that lives for ever


class RedisExamination:
    """Reads only."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def version(self) -> str:
        """The server's version."""
        with _redis_errors():
            return str((await self._client.info("server"))["redis_version"])

    async def eviction_policy(self) -> str | None:
        """``maxmemory-policy``, or None where the server does not tell (managed services)."""
        with _redis_errors():
            try:
                return str((await self._client.config_get("maxmemory-policy"))["maxmemory-policy"])
            except (ResponseError, KeyError):
                return None

    async def key_without_ttl(self) -> tuple[str | None, int]:
        """One of our keys that lives for ever, if a sample finds one, and how many were looked at."""
        seen = 0
        with _redis_errors():
            async for key in self._client.scan_iter(match="decider:*", count=SAMPLED_KEYS):
                if await self._client.ttl(key) == NO_TTL:
                    return key.decode("utf-8", "replace"), seen
                seen += 1
                if seen >= SAMPLED_KEYS:
                    break
        return None, seen

    async def stream_length(self) -> int:
        """Events in the stream, recorded or not."""
        with _redis_errors():
            return int(await self._client.xlen(STREAM_KEY))


@contextmanager
def _redis_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise StoreUnavailable(str(error)) from error
