"""Starts the ban that a verdict asks for: in the shared store, or in the worker's own while that is away."""

from __future__ import annotations

from collections.abc import Sequence

from decider.core.counting import Prepared
from decider.core.errors import StoreUnavailable
from decider.core.ports import BanStore, LocalStore
from decider.core.tally import Tally
from decider.core.verdict import Verdict


async def start_ban(
    bans: BanStore, local: LocalStore, prepared: Prepared, tallies: Sequence[Tally], verdict: Verdict
) -> bool:
    """Whether this call started it, and not another request of the same burst. Never raises."""
    try:
        after, started = await _start(bans, prepared, tallies, verdict)
    except StoreUnavailable:
        _, started = await _start(local, prepared, tallies, verdict)
    else:
        local.remember(prepared.facts.client, after[0].record)
        if prepared.visitor is not None and len(after) > 1:
            local.remember(prepared.visitor, after[1].record)
    return started


async def _start(
    store: BanStore, prepared: Prepared, tallies: Sequence[Tally], verdict: Verdict
) -> tuple[tuple[Tally, ...], bool]:
    client, ban, address = prepared.facts.client, verdict.new_ban, tallies[0]
    if ban is None:
        return (address,), False
    if verdict.banned_visitor is None:
        after, started = await store.start(client, ban, address.record.ban_count)
        return (after,), started
    now_seconds, count = int(address.now_ms / 1000), tallies[-1].record.ban_count
    *both, started = await store.start_visitor(client, verdict.banned_visitor, ban, count, now_seconds)
    return tuple(both), started
