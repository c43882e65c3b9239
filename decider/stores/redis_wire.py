"""One connection for the trips of the hot path: a command written, its reply taken up, nothing between.

redis-py logs in, agrees on TLS and chooses the database; then its connection is handed over to hiredis, the C
parser that redis-py uses, too. Callbacks and no coroutines: on a quiet site a trip is for one request, which
then pays for all that is run once a trip (docs/benchmark.md).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, cast

import hiredis
from redis.asyncio import Connection, Redis
from redis.exceptions import NoScriptError, RedisError, ResponseError

from decider.stores.redis_script import Command

GRACE_SECONDS = 0.002  # for a loop that stood still over the deadline and has not looked at its sockets yet

#: Takes the reply, or why there is none: RedisError, OSError, TimeoutError when it is over the budget.
Answered = Callable[[Any], None]


class RedisWire:
    """``client`` tells where Redis is and how to log in. Commands of one wire are answered in order."""

    def __init__(self, client: Redis, budget_seconds: float) -> None:
        self._client = client
        self._budget_seconds = budget_seconds
        self._line: _Line | None = None
        self._connecting = asyncio.Lock()
        self._waiting: set[asyncio.Task[None]] = set()

    def ask(self, command: Command, answered: Answered) -> None:
        """Send it; ``answered`` is called once, never at once. Raises instead what keeps it from being sent.

        After a timeout the connection is given up: what Redis still has to say on it is not waited for.
        """
        line = self._line
        if line is None or not line.is_open:
            _kept(self._waiting, self._ask_connected(command, answered))
        else:
            line.ask(command, answered)

    async def connect(self) -> None:
        """Now, so that no request has to wait for it. Raises RedisError or OSError."""
        await self._connected()

    async def close(self) -> None:
        """Let go of the connection; who waits gets ConnectionError."""
        for task in self._waiting:
            task.cancel()
        if self._line is not None:
            self._line.close(ConnectionError("closing"))
            await self._line.gone.wait()

    async def _ask_connected(self, command: Command, answered: Answered) -> None:
        try:
            async with asyncio.timeout(self._budget_seconds):
                line = await self._connected()
            line.ask(command, answered)
        except asyncio.CancelledError:
            answered(ConnectionError("closing"))
            raise
        except Exception as error:  # noqa: BLE001  who asks must be answered
            answered(error)

    async def _connected(self) -> _Line:
        async with self._connecting:
            if self._line is None or not self._line.is_open:
                pool = cast(Any, self._client.connection_pool)  # redis-py leaves both calls untyped
                connection = cast(Connection, pool.make_connection())
                await cast(Any, connection).connect()
                self._line = _Line(connection, self._budget_seconds)
            return self._line


class ClusterWire:
    """The same on Redis Cluster, through redis-py's client: it knows which node holds which keys."""

    def __init__(self, client: Redis, budget_seconds: float) -> None:
        self._client = client
        self._budget_seconds = budget_seconds
        self._waiting: set[asyncio.Task[None]] = set()

    def ask(self, command: Command, answered: Answered) -> None:
        """As RedisWire's."""
        _kept(self._waiting, self._ask(command, answered))

    async def connect(self) -> None:
        """The client connects by itself."""

    async def close(self) -> None:
        """The client closes its connections itself."""

    async def _ask(self, command: Command, answered: Answered) -> None:
        try:
            async with asyncio.timeout(self._budget_seconds):
                said = await cast(Any, self._client).execute_command(*command)
        except (RedisError, OSError) as error:
            said = error
        answered(said)


def wire_to(client: Redis, budget_seconds: float) -> RedisWire | ClusterWire:
    """The fastest way there is to this Redis."""
    is_one_node = isinstance(client, Redis)  # a cluster's client is typed as one, and is none
    return RedisWire(client, budget_seconds) if is_one_node else ClusterWire(client, budget_seconds)


def _kept(tasks: set[asyncio.Task[None]], work: Coroutine[None, None, None]) -> None:
    """Start it, and keep it from being collected before it is done."""
    task = asyncio.get_running_loop().create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


class _Line(asyncio.Protocol):
    """Takes over a connection of redis-py's, which is left without one. ``transport`` is None when closed."""

    def __init__(self, connection: Connection, budget_seconds: float) -> None:
        # redis-py has no other way to its socket; its version is pinned and the contract tests go this way
        writer = connection._writer
        connection._writer = connection._reader = None
        if writer is None:
            raise ConnectionError("connection was closed at once")
        self._writer = writer  # or it would close the transport when collected
        self.transport: asyncio.WriteTransport | None = writer.transport
        cast(asyncio.Transport, writer.transport).set_protocol(self)
        self._loop = asyncio.get_running_loop()
        self._budget_seconds = budget_seconds
        self._reader = hiredis.Reader(replyError=_error)
        # who waits, and until when (of the loop's clock)
        self._waiting: deque[tuple[Answered, float]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self.gone = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """False also in the moment between Redis's hanging up and the loop's telling."""
        return self.transport is not None and not self.transport.is_closing()

    def ask(self, command: Command, answered: Answered) -> None:
        """Send a command; its reply comes after those asked for before. Raises for what cannot be sent."""
        packed = hiredis.pack_command(command)  # type: ignore[arg-type]  # its stub leaves int out
        if self.transport is None:
            raise ConnectionError("connection lost")
        self.transport.write(packed)  # first: it may raise, and then nobody waits
        due = self._loop.time() + self._budget_seconds
        self._waiting.append((answered, due))
        if self._watch is None:
            self._watch = self._loop.call_at(due, self._look, due)

    def data_received(self, data: bytes) -> None:
        """Some bytes of the next replies."""
        self._reader.feed(data)
        try:
            while (said := self._reader.gets()) is not False:
                if not self._waiting:  # RESP2 without subscriptions says nothing unasked
                    self.close(ConnectionError("a reply nobody asked for"))
                    return
                answered, _ = self._waiting.popleft()
                answered(said)
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
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        while self._waiting:
            answered, _ = self._waiting.popleft()
            answered(error)

    def _look(self, planned: float) -> None:
        """Is a reply late? One timer a budget serves all trips."""
        self._watch = None
        if not self._waiting:
            return
        due, now = self._waiting[0][1], self._loop.time()
        if due > now:
            self._watch = self._loop.call_at(due, self._look, due)
        elif now - planned > GRACE_SECONDS:
            # the loop stood still, and the reply may be waiting in the socket
            again = now + GRACE_SECONDS
            self._watch = self._loop.call_at(again, self._look, again)
        else:
            self.close(TimeoutError("redis is over its budget"))


def _error(text: str) -> RedisError:
    return NoScriptError(text) if text.startswith("NOSCRIPT") else ResponseError(text)
