"""Counters and bans in the worker's own memory: what decides while Redis is away.

Same records, same algorithm, one worker's view. The clock is passed in, which also makes it the store of
tests and of replay. The least recently seen clients are forgotten beyond ``CLIENT_LIMIT``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

from decider.core.ban import Ban, after_visitor_ban
from decider.core.client_key import ClientKey
from decider.core.client_record import RECORD_TTL_SECONDS, ClientRecord, count_hits, decode
from decider.core.counting import Ask
from decider.core.hit import Hit
from decider.core.policy import Network
from decider.core.ports import Told
from decider.core.tally import Tally

CLIENT_LIMIT = (
    20_000  # clients kept; packed about 14 MB, and more than one worker meets during a Redis restart
)
_NEW = ClientRecord()


class LocalCounters:
    """``clock_ms`` returns epoch milliseconds; ``ban_memory_seconds``, the policy's, may change with it.

    ``packed`` keeps records in their stored form: half the memory, for some microseconds a request.
    """

    def __init__(
        self,
        clock_ms: Callable[[], float],
        client_limit: int = CLIENT_LIMIT,
        ban_memory_seconds: int = 86_400,
        packed: bool = False,
    ) -> None:
        self._clock_ms = clock_ms
        self._client_limit = client_limit
        self.ban_memory_seconds = ban_memory_seconds
        self._packed = packed
        self._records: OrderedDict[tuple[str, str], tuple[ClientKey, ClientRecord | bytes]] = OrderedDict()

    async def count(self, client: ClientKey, hit: Hit) -> Tally:
        """Count one request; never fails."""
        return self.count_now(client, hit)

    async def count_all(self, asks: Sequence[Ask]) -> tuple[Tally, ...]:
        """Count in several records at once."""
        return self.count_all_now(asks)

    def count_then(self, asks: Sequence[Ask], told: Told) -> None:
        """Count in several records, and tell at once."""
        told(self.count_all_now(asks))

    async def read(self, client: ClientKey) -> Tally:
        """What is known, without counting."""
        return self._tally(self._record(client))

    def count_all_now(self, asks: Sequence[Ask]) -> tuple[Tally, ...]:
        """Count in several records, for callers without an event loop."""
        return tuple(self.count_now(key, hit) for key, hit in asks)

    def count_now(self, client: ClientKey, hit: Hit) -> Tally:
        """Count one hit, for callers without an event loop."""
        record = count_hits(self._record(client), (hit,), self._clock_ms())
        self._keep(client, record)
        return Tally(record, record.last_ms)

    def peek(self, client: ClientKey) -> Tally:
        """What is known, for callers without an event loop."""
        return self._tally(self._record(client))

    async def start(self, client: ClientKey, ban: Ban, expected_count: int | None) -> tuple[Tally, bool]:
        """Start a ban under the compare-and-set rule of the port."""
        return self.start_now(client, ban, expected_count)

    def start_now(self, client: ClientKey, ban: Ban, expected_count: int | None) -> tuple[Tally, bool]:
        """Start a ban, for callers without an event loop."""
        record = self._record(client)
        if expected_count is not None:
            takes_over = ban.enforced and not record.ban_enforced
            if (record.ban_count != expected_count and not takes_over) or record.ban_until > ban.until:
                return self._tally(record), False
        record = record._replace(
            ban_until=ban.until,
            ban_seconds=ban.seconds,
            ban_count=ban.count,
            ban_enforced=int(ban.enforced),
            hold_until=record.hold_until if expected_count is not None else 0,
        )
        self._keep(client, record)
        return self._tally(record), True

    async def start_visitor(
        self, client: ClientKey, visitor: ClientKey, ban: Ban, expected_count: int, now_seconds: int
    ) -> tuple[Tally, Tally, bool]:
        """Ban a visitor, and let its address start anew."""
        return self.start_visitor_now(client, visitor, ban, expected_count, now_seconds)

    def start_visitor_now(
        self, client: ClientKey, visitor: ClientKey, ban: Ban, expected_count: int, now_seconds: int
    ) -> tuple[Tally, Tally, bool]:
        """Ban a visitor, for callers without an event loop."""
        tally, started = self.start_now(visitor, ban, expected_count)
        if started:
            self._keep(client, after_visitor_ban(self._record(client), ban, now_seconds))
        return self._tally(self._record(client)), tally, started

    async def lift(self, client: ClientKey, hold_until: int) -> None:
        """Forget the client but for the hold."""
        self._keep(client, ClientRecord(hold_until=hold_until))

    async def forget_inside(self, network: Network) -> int:
        """Forget every client inside a network."""
        inside = [
            client
            for client, _ in self._records.values()
            if client.address.version == network.version and client.address in network
        ]
        for client in inside:
            self.forget(client)
        return len(inside)

    async def restore(self, client: ClientKey, ban: Ban) -> bool:
        """Put a ban back where none is known."""
        _, started = await self.start(client, ban, expected_count=0)
        return started

    def remember(self, client: ClientKey, record: ClientRecord) -> None:
        """Keep a record that another store returned, so that its ban holds here too."""
        self._keep(client, record)

    def forget(self, client: ClientKey) -> None:
        """Drop what is known of a client."""
        self._records.pop((client.scope, client.name), None)

    def running_bans(self) -> Iterator[tuple[ClientKey, Ban]]:
        """Bans of whole addresses that have not ended yet."""
        now = self._clock_ms() / 1000
        for client, kept in list(self._records.values()):
            record = _unpacked(kept)
            if record.ban_until > now and client.scope == "client":
                ban = Ban(record.ban_until, record.ban_seconds, record.ban_count, bool(record.ban_enforced))
                yield client, ban

    def __len__(self) -> int:
        return len(self._records)

    def _record(self, client: ClientKey) -> ClientRecord:
        kept = self._records.get((client.scope, client.name))
        if kept is None:
            return _NEW
        record = _unpacked(kept[1])
        now = self._clock_ms() / 1000
        age = now - record.last_ms / 1000
        if age > RECORD_TTL_SECONDS and age > record.ttl_seconds and self._is_over(record, now):
            return _NEW
        return record

    def _is_over(self, record: ClientRecord, now: float) -> bool:
        ban_forgotten = not record.ban_until or record.ban_until + self.ban_memory_seconds <= now
        return ban_forgotten and record.hold_until <= now

    def _tally(self, record: ClientRecord) -> Tally:
        return Tally(record, max(self._clock_ms(), record.last_ms))

    def _keep(self, client: ClientKey, record: ClientRecord) -> None:
        name = (client.scope, client.name)
        self._records[name] = (client, record.encode() if self._packed else record)
        self._records.move_to_end(name)
        if len(self._records) > self._client_limit:
            self._records.popitem(last=False)


def _unpacked(kept: ClientRecord | bytes) -> ClientRecord:
    return decode(kept) if isinstance(kept, bytes) else kept
