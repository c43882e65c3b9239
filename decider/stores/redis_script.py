"""A Lua script that survives a restart of Redis: called by digest, loaded again when Redis forgot it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha1
from importlib.resources import files
from typing import Any

from redis.exceptions import NoScriptError, RedisError

from decider.core.errors import StoreUnavailable

Execute = Callable[..., Awaitable[Any]]  # redis-py's execute_command
Arguments = Sequence[bytes | str | int]
Command = tuple[bytes | str | int, ...]


class LuaScript:
    """One ``.lua`` file of this package, behind the ``constants`` that it needs (Lua lines)."""

    def __init__(self, name: str, constants: str = "") -> None:
        self._text = constants + files("decider.stores").joinpath(name).read_text(encoding="utf-8")
        self._digest = sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    def by_digest(self, keys: Sequence[str], arguments: Arguments) -> Command:
        """The command that runs it where Redis knows it."""
        return ("EVALSHA", self._digest, len(keys), *keys, *arguments)

    def in_full(self, keys: Sequence[str], arguments: Arguments) -> Command:
        """The command that runs it where Redis has forgotten it (NoScriptError)."""
        return ("EVAL", self._text, len(keys), *keys, *arguments)


class RedisScript:
    """A script and how to run it: ``execute`` sends one command."""

    def __init__(self, execute: Execute, name: str, constants: str = "") -> None:
        self._execute = execute
        self._script = LuaScript(name, constants)

    async def call(self, keys: Sequence[str], arguments: Arguments) -> Any:
        """Run the script. Raises StoreUnavailable for whatever Redis or the network answers instead."""
        try:
            try:
                return await self._execute(*self._script.by_digest(keys, arguments))
            except NoScriptError:
                return await self._execute(*self._script.in_full(keys, arguments))
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error
