"""Bans and operator unbans in the client's Redis record: the BanStore of production."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from redis.asyncio import Redis
from redis.exceptions import RedisError

from decider.core.ban import Ban
from decider.core.client_key import ClientKey, client_key
from decider.core.client_record import RECORD_TTL_SECONDS, ClientRecord, decode
from decider.core.errors import StoreUnavailable
from decider.core.policy import Network
from decider.core.tally import Tally
from decider.stores.record_layout_lua import layout_constants
from decider.stores.redis_keys import record_key
from decider.stores.redis_script import RedisScript

FORCE = -1  # start_ban.lua: no compare, the operator's ban always starts
ENUMERATED_ADDRESSES = 1_024  # networks up to a /22 are forgotten key by key, larger ones by a scan
SCAN_BATCH = 1_000  # keys a SCAN step looks at: short enough not to hold Redis up


class RedisBans:
    """``shards`` as in the counters; ``ban_memory_seconds`` from the policy, which may change."""

    def __init__(self, client: Redis, shards: int, ban_memory_seconds: int) -> None:
        self._client = client
        self._shards = shards
        self.ban_memory_seconds = ban_memory_seconds
        self._start = RedisScript(client.execute_command, "start_ban.lua")
        self._start_visitor = RedisScript(client.execute_command, "start_visitor_ban.lua", layout_constants())

    async def start(self, client: ClientKey, ban: Ban, expected_count: int | None) -> tuple[Tally, bool]:
        """Start a ban under the compare-and-set rule of the port."""
        started, packed = await self._start.call(
            [record_key(client, self._shards)],
            self._arguments(ban, FORCE if expected_count is None else expected_count),
        )
        return _tally(packed), bool(started)

    async def start_visitor(
        self, client: ClientKey, visitor: ClientKey, ban: Ban, expected_count: int, now_seconds: int
    ) -> tuple[Tally, Tally, bool]:
        """Ban a visitor, and let its address start anew."""
        started, packed, packed_address = await self._start_visitor.call(
            [record_key(client, self._shards), record_key(visitor, self._shards)],
            [*self._arguments(ban, expected_count), now_seconds],
        )
        return _tally(packed_address), _tally(packed), bool(started)

    def _arguments(self, ban: Ban, expected_count: int) -> list[bytes | str | int]:
        return [
            ClientRecord().encode(),
            ban.until,
            ban.seconds,
            ban.count,
            int(ban.enforced),
            expected_count,
            self.ban_memory_seconds,
        ]

    async def lift(self, client: ClientKey, hold_until: int) -> None:
        """Replace the record by an empty one that holds until then."""
        record = ClientRecord(hold_until=hold_until).encode()
        try:
            # a full Redis drops what expires first: not sooner than the record of any visitor
            await self._client.set(
                record_key(client, self._shards), record, exat=max(hold_until, 1) + RECORD_TTL_SECONDS
            )
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    async def restore(self, client: ClientKey, ban: Ban) -> bool:
        """Put a ban back where none is known."""
        _, started = await self.start(client, ban, expected_count=0)
        return started

    async def forget_inside(self, network: Network) -> int:
        """Forget every client inside a network; returns how many were known."""
        try:
            if network.num_addresses <= ENUMERATED_ADDRESSES:
                return await self._delete({record_key(client_key(str(one)), self._shards) for one in network})
            return await self._delete([key async for key in self._keys_inside(network)])
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    async def _delete(self, keys: Iterable[str]) -> int:
        removed = 0
        for key in keys:  # one by one: keys of several shards may not share a command on a cluster
            removed += int(await self._client.delete(key))
        return removed

    async def _keys_inside(self, network: Network):  # type: ignore[no-untyped-def]  # redis types scan_iter as Any
        async for key in self._client.scan_iter(match="decider:*:client:*", count=SCAN_BATCH):
            name = key.decode() if isinstance(key, bytes) else key
            client = ip_network(name.partition(":client:")[2], strict=False)
            if client.version == network.version and client.network_address in network:
                yield name


def _tally(packed: bytes) -> Tally:
    record = decode(packed)
    return Tally(record, record.last_ms)
