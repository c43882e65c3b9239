"""Counters in Redis: requests that arrive while a trip is under way share the next one.

A trip is one script call for the clients that wait longest (on a cluster one a shard). Nothing waits for a
timer: an idle worker sends a request at once, a busy one sends what has gathered. Measured on two cores, one
call a batch carries about 1.6 times the requests that one call a request does.

The wait of a request is bounded by twice the budget: for the trips before its own, and for its own. A trip
over the budget fails every request that waits, marks Redis unavailable and leaves the way back to a probe, so
a slow Redis costs one budget and then nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from decider.core.client_key import ClientKey
from decider.core.client_record import RECORD_TTL_SECONDS, SUSPECT_TTL_SECONDS, ClientRecord, decode
from decider.core.counting import Ask
from decider.core.errors import StoreUnavailable
from decider.core.hit import Hit
from decider.core.ports import Told
from decider.core.tally import Tally
from decider.stores.record_layout_lua import layout_constants
from decider.stores.redis_keys import record_key
from decider.stores.redis_probe import redis_is_back
from decider.stores.redis_queue import Batch, RedisQueue, tell, tell_all
from decider.stores.redis_script import Arguments, Command, LuaScript
from decider.stores.redis_wire import wire_to

BUDGET_SECONDS = 0.020  # the longest a request waits for Redis; nginx gives the whole decision 150 ms
CONNECT_SECONDS = 1.0  # a start, and a Redis that is back, may take longer than a request


class RedisCounters:
    """``ban_memory_seconds`` is the policy's and may change with it. ``on_change`` is told when Redis becomes
    unavailable (False) and available again (True)."""

    def __init__(
        self,
        client: Redis,
        shards: int,
        ban_memory_seconds: int,
        on_change: Callable[[bool], None] = lambda _: None,
        budget_seconds: float = BUDGET_SECONDS,
    ) -> None:
        self._client = client
        self._shards = shards
        self._wire = wire_to(client, budget_seconds)
        self._script = LuaScript("count_requests.lua", layout_constants())
        self._arguments = [
            1000 * RECORD_TTL_SECONDS,
            1000 * SUSPECT_TTL_SECONDS,
        ]
        self.ban_memory_seconds = ban_memory_seconds
        self._new_record = ClientRecord().encode()
        self.on_change = on_change
        self._budget_seconds = budget_seconds
        self._queue = RedisQueue()
        self._trips = 0  # under way, or about to leave
        self._probe: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def available(self) -> bool:
        """Whether Redis answered within the budget lately."""
        return self._probe is None

    async def count(self, client: ClientKey, hit: Hit) -> Tally:
        """Count one request in the next trip. Raises StoreUnavailable."""
        (tally,) = await self.count_all((Ask(client, hit),))
        return tally

    async def count_all(self, asks: Sequence[Ask]) -> tuple[Tally, ...]:
        """Count in several records in the next trip. Raises StoreUnavailable."""
        answer: asyncio.Future[Sequence[Tally]] = asyncio.get_running_loop().create_future()

        def told(known: Sequence[Tally] | StoreUnavailable) -> None:
            if answer.done():  # given up by who waited
                return
            if isinstance(known, StoreUnavailable):
                answer.set_exception(known)
            else:
                answer.set_result(known)

        self.count_then(asks, told)
        return tuple(await answer)

    def count_then(self, asks: Sequence[Ask], told: Told) -> None:
        """Count in several records in the next trip, and tell."""
        if self._probe is not None:
            told(StoreUnavailable("redis is away, a probe looks for it"))
            return
        loop = asyncio.get_running_loop()
        self._queue.add(asks, told, loop.time())
        if not self._trips:
            self._trips = 1
            loop.call_soon(self._leave)  # with all that this turn of the loop still brings

    async def read(self, client: ClientKey) -> Tally:
        """What is known, without counting. Raises StoreUnavailable."""
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                pipeline.get(record_key(client, self._shards))
                pipeline.execute_command("TIME")  # a cluster's pipeline has no method of that name
                packed, (seconds, microseconds) = await pipeline.execute()
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error
        record = decode(packed)
        return Tally(record, max(1000.0 * seconds + microseconds // 1000, record.last_ms))

    async def connect(self) -> None:
        """Before the first request, whose budget is shorter; a Redis that is away is found later."""
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._client.ping()
                await self._wire.connect()

    async def close(self) -> None:
        """Stop looking for Redis; requests that wait fail."""
        self._is_closed = True
        if self._probe is not None:
            self._probe.cancel()
        self._queue.fail_all(StoreUnavailable("closing"))
        await self._wire.close()
        await self._client.aclose()

    def _leave(self) -> None:
        """The next trip of those that wait, one a shard; the one before has come back."""
        parts = list(self._by_shard(self._queue.next_batch()))
        self._trips = len(parts)
        for part in parts:
            self._ask(part, self._script.by_digest)

    def _by_shard(self, batch: Batch) -> Iterable[Batch]:
        if self._shards == 1:
            return [batch] if batch else []
        shards: dict[int, Batch] = {}
        for client, waiting in batch.items():
            shards.setdefault(client.shard(self._shards), {})[client] = waiting
        return shards.values()

    def _ask(self, batch: Batch, form: Callable[[Sequence[str], Arguments], Command]) -> None:
        keys = [record_key(client, self._shards) for client in batch]
        hits = [waiting.hits for waiting in batch.values()]
        command = form(keys, [*self._arguments, self.ban_memory_seconds, self._new_record, *hits])
        try:
            self._wire.ask(command, partial(self._arrived, batch))
        except Exception as error:  # noqa: BLE001  a trip that never comes back would hold up all after it
            self._arrived(batch, error)

    def _arrived(self, batch: Batch, said: Any) -> None:
        if isinstance(said, NoScriptError):
            self._ask(batch, self._script.in_full)
            return
        self._trips -= 1
        if isinstance(said, Exception):
            self._give_up(batch, StoreUnavailable(str(said)))
        elif not isinstance(said, list) or len(said) != len(batch) + 1:
            self._give_up(batch, StoreUnavailable(f"unreadable reply to {len(batch)} keys: {said!r:.200}"))
        else:
            # not at once: the next trip leaves first, and Redis counts it while these are judged
            asyncio.get_running_loop().call_soon(self._leave_and_tell, batch, said)

    def _leave_and_tell(self, batch: Batch, said: Sequence[Any]) -> None:
        self._queue.fail_late(self._budget_seconds, StoreUnavailable("waited too long for its trip"))
        if not self._trips:
            self._leave()
        try:
            tallies = _tallies(said)
        except Exception as error:  # noqa: BLE001  who is never told would hang
            self._give_up(batch, StoreUnavailable(f"unreadable reply: {error!r}"))
        else:
            for waiting, tally in zip(batch.values(), tallies, strict=True):
                tell(waiting, tally)

    def _give_up(self, batch: Batch, error: StoreUnavailable) -> None:
        if self._probe is None and not self._is_closed:
            self._probe = asyncio.create_task(self._look_for_redis())
            self.on_change(False)
        tell_all(batch.values(), error)
        self._queue.fail_all(error)

    async def _look_for_redis(self) -> None:
        await redis_is_back(self._client, self._budget_seconds)
        await self.connect()
        self._probe = None
        self.on_change(True)


def _tallies(said: Sequence[Any]) -> list[Tally]:
    """The script's reply: its clock, and the record of each key."""
    now_ms = float(said[0])
    records = [decode(packed) for packed in said[1:]]
    return [Tally(record, max(now_ms, record.last_ms)) for record in records]
