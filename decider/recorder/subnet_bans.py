"""Refuses whole subnets where ``core/subnet_offenders.py`` says so: a deny-listing that ends by itself.

The recorder sees every ban and every answer of all workers, off the path of any request. What it lists is
seen, and taken off, like what an operator listed; the allow-list and an unban win over it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from ipaddress import ip_network
from time import time

from decider.core.client_key import ClientKey, client_key
from decider.core.errors import MalformedRequest, StoreUnavailable
from decider.core.network_list import Listing, ListName
from decider.core.policy import BanPolicy
from decider.core.ports import EventSink, OperatorLists
from decider.core.security_event import EventKind, SecurityEvent
from decider.core.subnet_offenders import WINDOW_SECONDS, SubnetOffenders
from decider.recorder.log_line import log_line
from decider.recorder.patience import unless_stopping

LOG = logging.getLogger("decider.recorder")

LOOK_SECONDS = 0.5  # a subnet that is due is refused within two: half a second here, one in the workers
ACTOR = "decider"  # of bans for a score, too: people have names


class SubnetBans:
    """``note_event`` is told of each event as it is read, ``note_good`` of clients that browse or buy."""

    def __init__(
        self,
        lists: OperatorLists,
        sink: EventSink,
        policy: BanPolicy,
        node: str,
        clock: Callable[[], float] = time,
    ) -> None:
        self.policy = policy
        self._lists = lists
        self._sink = sink
        self._node = node
        self._clock = clock
        self._offenders = SubnetOffenders()
        self._due: deque[tuple[Listing, int]] = deque()

    def note_event(self, event: SecurityEvent) -> None:
        """An enforced ban for a score counts; an operator's word ends what was counted."""
        if event.kind is EventKind.DELISTED:
            self._offenders.forgive(event.client)
        if event.kind is not EventKind.BAN_STARTED or event.scope != "address" or event.actor != ACTOR:
            return
        now = self._clock()
        if now - event.ts > WINDOW_SECONDS:
            return  # read late: the stream was left alone
        try:
            client = client_key(event.address)
        except MalformedRequest:
            return
        ban = self._offenders.note_ban(client, self.policy, now)
        if ban is not None:
            subnet, note = ip_network(client.subnet), self._offenders.sentence(client.subnet, now)
            listing = Listing(ListName.DENY, subnet, note, ACTOR, now, float(ban.until))
            self._due.append((listing, ban.seconds))

    def note_good(self, client: ClientKey, has_outcome: bool) -> None:
        """Cheap where nobody of the subnet was banned, which is nearly everywhere."""
        if self._offenders.is_watched(client.subnet):
            self._offenders.note_good(client, self._clock(), has_outcome)

    async def run(self, stopping: asyncio.Event) -> None:
        """List what is due until the recorder stops."""
        while await unless_stopping(stopping, LOOK_SECONDS):
            await self.list_due()

    async def list_due(self) -> None:
        """List what is due now; without Redis it stays due."""
        while self._due:
            listing, seconds = self._due[0]
            try:
                await self._lists.put(listing)
            except StoreUnavailable:
                return
            self._due.popleft()
            LOG.warning(log_line("subnet_denied", subnet=listing.network, seconds=seconds, why=listing.note))
            self._sink.record(
                SecurityEvent(
                    kind=EventKind.DENY_LISTED,
                    ts=listing.since,
                    node=self._node,
                    actor=ACTOR,
                    client=str(listing.network),
                    scope=ListName.DENY.value,
                    note=listing.note,
                    ban_seconds=seconds,
                    until=listing.until or 0.0,
                )
            )
