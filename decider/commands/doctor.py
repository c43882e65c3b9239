"""`doctor`: tries every part a Decider needs and says what to do about each that fails."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from decider.commands.console import Console
from decider.commands.session import Session
from decider.core.errors import FaultyInput, StoreUnavailable

ANSWER_SECONDS = 2.0  # a decider that needs longer to say that it is ready is not
GOOD_EVICTION = ("volatile-ttl", "noeviction")  # neither drops a ban while a counter is left

Check = Callable[[Session], Awaitable[str]]


class Fault(Exception):
    """A part that does not work; the message says what to do."""


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("doctor", parents=[common], help="try every part and say what to mend")
    parser.set_defaults(run=run)


async def run(chosen: argparse.Namespace, session: Session, console: Console) -> int:
    """Exit status 1 where a part does not work."""
    found, faulty = {}, 0
    for name, check in CHECKS.items():
        try:
            found[name] = f"ok: {await check(session)}"
        except (Fault, FaultyInput, StoreUnavailable, OSError, TimeoutError) as error:
            found[name], faulty = f"FAULT: {error}", faulty + 1
    console.answer(
        {"parts": found, "faults": faulty}, [f"{name:12} {state}" for name, state in found.items()]
    )
    return 1 if faulty else 0


async def _policy(session: Session) -> str:
    return f"{session.settings.policy_path or 'shipped defaults'}, mode {session.policy.mode.value}"


async def _redis(session: Session) -> str:
    return await session.examination.version()


async def _memory(session: Session) -> str:
    policy = await session.examination.eviction_policy()
    if policy not in (None, *GOOD_EVICTION):
        raise Fault(f"maxmemory-policy is {policy}: set volatile-ttl, so that bans outlive counters")
    return f"maxmemory-policy {policy or 'cannot be read here'}"


async def _ttls(session: Session) -> str:
    key, seen = await session.examination.key_without_ttl()
    if key is not None:
        raise Fault(f"key {key!r} has no TTL: another program wrote it")
    return f"{seen} keys sampled"


async def _workers(session: Session) -> str:
    workers = await session.workers.all()
    if not workers:
        raise Fault("no worker has a heartbeat: start the decider with the same REDIS_URL")
    degraded = [str(worker.pid) for worker in workers if worker.degraded]
    if degraded:
        raise Fault(f"degraded: {', '.join(degraded)} cannot reach Redis within the budget")
    return f"{len(workers)} alive"


async def _socket(session: Session) -> str:
    bind = os.environ.get("DECIDER_BIND", "unix:/run/decider/decider.sock")
    if not bind.startswith("unix:"):
        return f"{bind} is no unix socket: ask its /readyz yourself"
    path = Path(bind.removeprefix("unix:"))
    if not path.exists():  # noqa: ASYNC240  one look at a local file, nobody else waits
        raise Fault(f"{path} does not exist: is the decider running, and DECIDER_BIND the same?")
    async with asyncio.timeout(ANSWER_SECONDS):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: decider\r\nConnection: close\r\n\r\n")
        status = (await reader.readline()).decode("latin-1").strip()
        writer.close()
    if " 200 " not in f"{status} ":
        raise Fault(f"{path} answers {status!r}: see the decider's log")
    return f"{path} is ready"


async def _geoip(session: Session) -> str:
    files = session.geo.describe()
    unknown = [state for state in files.values() if state.startswith("unknown")]
    if unknown:
        raise Fault(f"{'; '.join(unknown)}: put the file there or set GEOIP_COUNTRY_DB, GEOIP_ASN_DB")
    return ", ".join(files.values())


async def _lists(session: Session) -> str:
    return f"{len(await session.lists.entries())} networks listed"


CHECKS: dict[str, Check] = {
    "policy": _policy,
    "geoip": _geoip,
    "redis": _redis,
    "memory": _memory,
    "ttl": _ttls,
    "lists": _lists,
    "workers": _workers,
    "socket": _socket,
}
