"""One connection for the trips of the hot path: a command written, its reply taken up, nothing between.

redis-py logs in, agrees on TLS and chooses the database; then its connection is handed over to hiredis, the C
parser that redis-py uses, too. A trip through redis-py's client costs 132 us of the worker's time, through
this one 41 us (16 keys, uvloop; the machine of the benchmark table).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast

import hiredis
from redis.asyncio import Connection, Redis
from redis.exceptions import NoScriptError, RedisError, ResponseError

GRACE_SECONDS = 0.002  # for a loop that stood still over the deadline and has not looked at its sockets yet

_Reply = asyncio.Future[Any]


class RedisWire:
    """``client`` tells where Redis is and how to log in. Commands of one wire are answered in order."""

    def __init__(self, client: Redis, budget_seconds: float) -> None:
        self._client = client
        self._budget_seconds = budget_seconds
        self._line: _Line | None = None
        self._connecting = asyncio.Lock()

    async def execute(self, *command: bytes | str | int) -> Any:
        """The reply. Raises RedisError, OSError, or TimeoutError when it is over the budget.

        After a timeout the connection is given up: what Redis still has to say on it is not waited for.
        """
        line = self._line
        if line is None or line.transport is None:
            async with asyncio.timeout(self._budget_seconds):
                line = await self._connected()
        loop = asyncio.get_running_loop()
        reply: _Reply = loop.create_future()
        line.ask(hiredis.pack_command(command), reply)  # type: ignore[arg-type]  # its stub leaves int out
        due = loop.time() + self._budget_seconds
        timer = loop.call_at(due, self._late, line, reply, due)
        try:
            return await reply
        finally:
            timer.cancel()
            if reply.cancelled():
                line.close(ConnectionError("given up"))

    async def connect(self) -> None:
        """Now, so that no request has to wait for it. Raises RedisError or OSError."""
        await self._connected()

    async def close(self) -> None:
        """Let go of the connection; who waits gets ConnectionError."""
        if self._line is not None:
            self._line.close(ConnectionError("closing"))
            await self._line.gone.wait()

    def _late(self, line: _Line, reply: _Reply, due: float) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() - due > GRACE_SECONDS:  # it stood still, and the reply may be waiting in the socket
            loop.call_later(GRACE_SECONDS, self._too_late, line, reply)
        else:
            self._too_late(line, reply)

    def _too_late(self, line: _Line, reply: _Reply) -> None:
        if not reply.done():
            line.close(TimeoutError("redis is over its budget"))

    async def _connected(self) -> _Line:
        async with self._connecting:
            if self._line is None or self._line.transport is None:
                pool = cast(Any, self._client.connection_pool)  # redis-py leaves both calls untyped
                connection = cast(Connection, pool.make_connection())
                await cast(Any, connection).connect()
                self._line = _Line(connection)
            return self._line


class ClusterWire:
    """The same on Redis Cluster, through redis-py's client: it knows which node holds which keys."""

    def __init__(self, client: Redis, budget_seconds: float) -> None:
        self._client = client
        self._budget_seconds = budget_seconds

    async def execute(self, *command: bytes | str | int) -> Any:
        """The reply. Raises RedisError, OSError, or TimeoutError when it is over the budget."""
        async with asyncio.timeout(self._budget_seconds):
            return await cast(Any, self._client).execute_command(*command)

    async def connect(self) -> None:
        """The client connects by itself."""

    async def close(self) -> None:
        """The client closes its connections itself."""


def wire_to(client: Redis, budget_seconds: float) -> RedisWire | ClusterWire:
    """The fastest way there is to this Redis."""
    is_one_node = isinstance(client, Redis)  # a cluster's client is typed as one, and is none
    return RedisWire(client, budget_seconds) if is_one_node else ClusterWire(client, budget_seconds)


class _Line(asyncio.Protocol):
    """Takes over a connection of redis-py's, which is left without one. ``transport`` is None when closed."""

    def __init__(self, connection: Connection) -> None:
        # redis-py has no other way to its socket; its version is pinned and the contract tests go this way
        writer = connection._writer
        connection._writer = connection._reader = None
        if writer is None:
            raise ConnectionError("connection was closed at once")
        self._writer = writer  # or it would close the transport when collected
        self.transport: asyncio.WriteTransport | None = writer.transport
        cast(asyncio.Transport, writer.transport).set_protocol(self)
        self._reader = hiredis.Reader(replyError=_error)
        self._replies: deque[_Reply] = deque()
        self.gone = asyncio.Event()

    def ask(self, packed: bytes, reply: _Reply) -> None:
        """Send a command; its reply comes after those asked for before."""
        if self.transport is None:
            raise ConnectionError("connection lost")
        self._replies.append(reply)
        self.transport.write(packed)

    def data_received(self, data: bytes) -> None:
        """Some bytes of the next replies."""
        self._reader.feed(data)
        try:
            while (said := self._reader.gets()) is not False:
                self._answer(said)
        except hiredis.ProtocolError as error:
            self.close(ConnectionError(f"unreadable reply: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Redis is gone, or we have closed."""
        self.gone.set()
        self.close(exc or ConnectionError("connection lost"))

    def close(self, error: Exception) -> None:
        """Close; whoever waits gets the error."""
        transport, self.transport = self.transport, None
        if transport is not None:
            transport.abort()
        while self._replies:
            reply = self._replies.popleft()
            if not reply.done():
                reply.set_exception(error)

    def _answer(self, said: Any) -> None:
        if not self._replies:  # RESP2 without subscriptions says nothing unasked
            self.close(ConnectionError("a reply nobody asked for"))
            return
        reply = self._replies.popleft()
        if reply.done():
            return
        if isinstance(said, RedisError):
            reply.set_exception(said)
        else:
            reply.set_result(said)


def _error(text: str) -> RedisError:
    return NoScriptError(text) if text.startswith("NOSCRIPT") else ResponseError(text)
