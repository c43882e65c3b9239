"""A Lua script that survives a restart of Redis: called by digest, loaded again when Redis forgot it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from decider.core.errors import StoreUnavailable


class RedisScript:
    """One ``.lua`` file of this package, behind the ``constants`` that it needs (Lua lines)."""

    def __init__(self, client: Redis, name: str, constants: str = "") -> None:
        self._client = client
        self._text = constants + files("decider.stores").joinpath(name).read_text(encoding="utf-8")
        self._digest = sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    async def call(self, keys: Sequence[str], arguments: Sequence[bytes | str | int]) -> Any:
        """Run the script. Raises StoreUnavailable for whatever Redis or the network answers instead."""
        try:
            try:
                return await self._client.evalsha(self._digest, len(keys), *keys, *arguments)
            except NoScriptError:
                return await self._client.eval(self._text, len(keys), *keys, *arguments)
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error
