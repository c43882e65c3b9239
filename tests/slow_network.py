"""A bad network between a program and a server on loopback, for tests.

    with slow_network(redis.port) as network:
        network.delay_seconds = 0.1       # every reply arrives that much later
        network.stall()                   # connections stay open and nothing arrives any more
        network.trickle_bytes_per_second = 50
        network.recover()

Requests pass at once; replies suffer. Delay costs no throughput: it is the length of the wire.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK_BYTES = 65_536
TICK_SECONDS = 0.02  # of a trickle, and how soon a stall that ends is noticed


class SlowNetwork:
    """Listens on ``port`` of 127.0.0.1 and passes everything on to ``server_port``.

    May be changed from any thread.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._stalled = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.delay_seconds = 0.0
        self.trickle_bytes_per_second = 0
        self.port = 0

    def start(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def close(self) -> None:
        """Drop every connection and stop listening."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def stall(self) -> None:
        """Hold everything back, in both directions."""
        self._stalled = True

    def recover(self) -> None:
        """A good network again; what was held back arrives."""
        self._stalled, self.delay_seconds, self.trickle_bytes_per_second = False, 0.0, 0

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        writers = [to_client]
        try:
            server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
            writers.append(to_server)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_requests(client, to_server))
                both.create_task(self._pass_replies(server, to_client))
        except* (OSError, asyncio.CancelledError, EOFError):
            pass  # one side hung up: so does the other
        finally:
            self._tasks.discard(task)
            for writer in writers:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    async def _pass_requests(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(CHUNK_BYTES):
            while self._stalled:
                await asyncio.sleep(TICK_SECONDS)
            target.write(data)
            await target.drain()
        raise EOFError

    async def _pass_replies(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        on_the_wire: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._send_off(source, on_the_wire))
            both.create_task(self._deliver(on_the_wire, target))

    async def _send_off(
        self, source: asyncio.StreamReader, on_the_wire: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        while data := await source.read(CHUNK_BYTES):
            on_the_wire.put_nowait((self._loop.time() + self.delay_seconds, data))
        raise EOFError

    async def _deliver(
        self, on_the_wire: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter
    ) -> None:
        while True:
            due, data = await on_the_wire.get()
            await asyncio.sleep(max(due - self._loop.time(), 0.0))
            while data:
                while self._stalled:
                    await asyncio.sleep(TICK_SECONDS)
                rate = self.trickle_bytes_per_second
                portion = max(int(rate * TICK_SECONDS), 1) if rate else len(data)
                target.write(data[:portion])
                await target.drain()
                data = data[portion:]
                if data:
                    await asyncio.sleep(TICK_SECONDS)


@contextmanager
def slow_network(server_port: int) -> Iterator[SlowNetwork]:
    """A good network at first."""
    network = SlowNetwork(server_port)
    network.start()
    try:
        yield network
    finally:
        network.close()
