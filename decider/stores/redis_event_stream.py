"""The event stream as a recorder reads it: a consumer group, so that nothing is lost between two lives.

An entry that was read belongs to this consumer (it is pending) until it is acknowledged, and is read again
after kill -9. What the stream's length limit cut off before anybody read it is counted by the script that
reads; Redis 6.2 keeps no numbers for that, and there ``counts_trimmed`` is False.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from decider.core.errors import StoreUnavailable
from decider.core.security_event import STREAM_KEY
from decider.core.stream_position import epoch_seconds
from decider.stores.redis_event_sink import STREAM_TTL_SECONDS
from decider.stores.redis_script import RedisScript

GROUP = "recorder"
BATCH_ENTRIES = 1_000  # read at once: Redis decides nothing meanwhile, a millisecond or two
WAIT_MS = 500  # how long an idle read waits; shorter than the connection's timeout
RECORDED_KEPT = 10_000  # entries, about 7 MB: a stream this short is not worth trimming
COUNTED_LAG = 1_000  # where the server cannot tell the lag, it is counted up to here

Entry = tuple[str, Mapping[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries in stream order, and how many were cut off before they could be read.

    ``gone`` are ids that were pending, are in the stream no more, and only wait to be acknowledged.
    """

    entries: tuple[Entry, ...] = ()
    gone: tuple[str, ...] = ()
    trimmed: int = 0


@dataclass(frozen=True, slots=True)
class Lag:
    """Entries not acknowledged yet (read or not), and the age of the oldest in seconds."""

    entries: int
    oldest_seconds: float


class RedisEventStream:
    """``consumer`` names this recorder, the same after a restart. All methods raise StoreUnavailable."""

    def __init__(self, client: Redis, consumer: str) -> None:
        self._client = client
        self._consumer = consumer
        self._script = RedisScript(client.execute_command, "read_events.lua")
        self.counts_trimmed = True

    async def open(self) -> None:
        """Create stream and group where they are missing: at the first start, after Redis lost everything."""
        with _redis_errors():
            try:
                await self._create(entries_read=0)
            except ResponseError as error:
                if "BUSYGROUP" in str(error):
                    return
                await self._create()  # Redis 6.2 does not know ENTRIESREAD
            await self._client.expire(STREAM_KEY, STREAM_TTL_SECONDS)

    async def read_pending(self) -> Batch:
        """The oldest entries that this consumer has read and not acknowledged."""
        with _redis_errors():
            return _batch(
                await self._client.xreadgroup(GROUP, self._consumer, {STREAM_KEY: "0"}, BATCH_ENTRIES)
            )

    async def read_new(self) -> Batch:
        """Entries nobody has read; empty after half a second without any."""
        trimmed, position, read = await self._script.call(
            [STREAM_KEY], [GROUP, self._consumer, BATCH_ENTRIES]
        )
        self.counts_trimmed = trimmed >= 0
        if not read and trimmed <= 0:
            with _redis_errors():
                await self._client.xread({STREAM_KEY: position}, 1, WAIT_MS)
        entries = tuple((_text(stream_id), _fields(flat)) for stream_id, flat in read)
        return Batch(entries, trimmed=max(trimmed, 0))

    async def claim_abandoned(self, idle_seconds: float) -> Batch:
        """Take over entries that a consumer read and left for that long: those of a node that died."""
        with _redis_errors():
            reply = await self._client.xautoclaim(
                STREAM_KEY, GROUP, self._consumer, int(1000 * idle_seconds), "0-0", BATCH_ENTRIES
            )
            claimed = _batch([[STREAM_KEY, reply[1]]])
            deleted = reply[2] if len(reply) > 2 else ()  # Redis 7 has already removed these from the group
            return Batch(claimed.entries, claimed.gone, len(claimed.gone) + len(deleted))

    async def acknowledge(self, ids: Sequence[str]) -> None:
        """These are stored for good."""
        if ids:
            with _redis_errors():
                await self._client.xack(STREAM_KEY, GROUP, *ids)

    async def trim_recorded(self) -> None:
        """Give back the memory of a long stream's entries that every recorder is done with."""
        with _redis_errors():
            if await self._client.xlen(STREAM_KEY) <= RECORDED_KEPT:
                return
            async with self._client.pipeline(transaction=True) as pipeline:
                pipeline.xinfo_groups(STREAM_KEY)
                pipeline.xpending(STREAM_KEY, GROUP)
                groups, pending = await pipeline.execute()
            # nobody asks for what is older than the oldest pending entry, or than the last one read
            needed = pending["min"] or _ours(groups)["last-delivered-id"]
            await self._client.xtrim(STREAM_KEY, minid=_text(needed), approximate=True)

    async def last_id(self) -> str:
        """The newest entry's id; ``0-0`` when there has been none."""
        with _redis_errors():
            return _text((await self._client.xinfo_stream(STREAM_KEY))["last-generated-id"])

    async def lag(self) -> Lag:
        """How far recording is behind."""
        with _redis_errors():
            async with self._client.pipeline(transaction=True) as pipeline:
                pipeline.xinfo_groups(STREAM_KEY)
                pipeline.xpending(STREAM_KEY, GROUP)
                groups, pending = await pipeline.execute()
            seconds, microseconds = await self._client.time()
            group = _ours(groups)
            after = f"({_text(group['last-delivered-id'])}"
            unread = group.get("lag")
            count = COUNTED_LAG if unread is None else 1
            first = await self._client.xrange(STREAM_KEY, after, count=count) or []
        if unread is None:
            unread = len(first)
        oldest = [_text(one) for one in (pending["min"], first[0][0] if first else None) if one]
        now = seconds + microseconds / 1_000_000
        age = max(now - min(map(epoch_seconds, oldest)), 0.0) if oldest else 0.0
        return Lag(int(unread) + int(pending["pending"]), age)

    async def forget_idle_consumers(self, idle_seconds: float) -> None:
        """Remove consumers that own nothing and were not seen for that long: nodes that went for good."""
        with _redis_errors():
            for consumer in await self._client.xinfo_consumers(STREAM_KEY, GROUP):
                if consumer["pending"] == 0 and consumer["idle"] > 1000 * idle_seconds:
                    await self._client.xgroup_delconsumer(STREAM_KEY, GROUP, consumer["name"])

    async def _create(self, entries_read: int | None = None) -> None:
        await self._client.xgroup_create(STREAM_KEY, GROUP, "0", mkstream=True, entries_read=entries_read)


def _batch(reply: Any) -> Batch:
    """An entry without fields was pending and has been cut off since."""
    entries: list[Entry] = []
    gone: list[str] = []
    for _, read in reply or ():
        for stream_id, fields in read:
            if fields:
                entries.append((_text(stream_id), fields))
            elif stream_id is not None:
                gone.append(_text(stream_id))
    return Batch(tuple(entries), tuple(gone), len(gone))


def _fields(flat: Sequence[bytes]) -> Mapping[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _ours(groups: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    for group in groups:
        if _text(group["name"]) == GROUP:
            return group
    raise ResponseError(f"NOGROUP {GROUP}")


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


@contextmanager
def _redis_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise StoreUnavailable(str(error)) from error
