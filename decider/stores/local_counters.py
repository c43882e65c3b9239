"""Counters and bans in the worker's own memory: what decides while Redis is away.

Same records, same algorithm, one worker's view. The clock is passed in, which also makes it the store of
tests and of replay. The least recently seen clients are forgotten beyond ``CLIENT_LIMIT``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace

from decider.core.ban import Ban
from decider.core.client_key import ClientKey
from decider.core.client_record import ClientRecord, Hit, Tally, count_hits, decode
from decider.core.policy import Network

CLIENT_LIMIT = 50_000  # clients kept; about 20 MB, and more than one worker meets during a Redis restart


class LocalCounters:
    """``clock_ms`` returns epoch milliseconds."""

    def __init__(self, clock_ms: Callable[[], float], client_limit: int = CLIENT_LIMIT) -> None:
        self._clock_ms = clock_ms
        self._client_limit = client_limit
        self._records: OrderedDict[ClientKey, bytes] = OrderedDict()

    async def count(self, client: ClientKey, hit: Hit) -> Tally:
        """Count one request; never fails."""
        now_ms = self._clock_ms()
        record = count_hits(self._record(client), (hit,), now_ms)
        self._keep(client, record)
        return Tally(record, record.last_ms)

    async def read(self, client: ClientKey) -> Tally:
        """What is known, without counting."""
        return self._tally(self._record(client))

    async def start(self, client: ClientKey, ban: Ban, expected_count: int | None) -> tuple[Tally, bool]:
        """Start a ban under the compare-and-set rule of the port."""
        record = self._record(client)
        if expected_count is not None:
            takes_over = ban.enforced and not record.ban_enforced
            if (record.ban_count != expected_count and not takes_over) or record.ban_until > ban.until:
                return self._tally(record), False
        record = replace(
            record,
            ban_until=ban.until,
            ban_seconds=ban.seconds,
            ban_count=ban.count,
            ban_enforced=ban.enforced,
            hold_until=record.hold_until if expected_count is not None else 0,
        )
        self._keep(client, record)
        return self._tally(record), True

    async def lift(self, client: ClientKey, hold_until: int) -> None:
        """Forget the client but for the hold."""
        self._keep(client, ClientRecord(hold_until=hold_until))

    async def forget_inside(self, network: Network) -> int:
        """Forget every client inside a network."""
        inside = [
            one for one in self._records if one.address.version == network.version and one.address in network
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
        self._records.pop(client, None)

    def running_bans(self) -> Iterator[tuple[ClientKey, Ban]]:
        """Bans that have not ended yet."""
        now = self._clock_ms() / 1000
        for client, packed in list(self._records.items()):
            record = decode(packed)
            if record.ban_until > now:
                yield client, Ban(record.ban_until, record.ban_seconds, record.ban_count, record.ban_enforced)

    def __len__(self) -> int:
        return len(self._records)

    def _record(self, client: ClientKey) -> ClientRecord:
        return decode(self._records.get(client))

    def _tally(self, record: ClientRecord) -> Tally:
        return Tally(record, max(self._clock_ms(), record.last_ms))

    def _keep(self, client: ClientKey, record: ClientRecord) -> None:
        self._records[client] = record.encode()
        self._records.move_to_end(client)
        if len(self._records) > self._client_limit:
            self._records.popitem(last=False)
