"""`status`: workers, Redis, lists and the event stream of a running Decider."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from time import time
from typing import Any

from decider.commands.console import Console
from decider.commands.session import Session
from decider.core.network_list import Listing
from decider.core.worker_status import WorkerStatus


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("status", parents=[common], help="workers, lists and events at a glance")
    parser.set_defaults(run=run)


async def run(chosen: argparse.Namespace, session: Session, console: Console) -> int:
    """Ask Redis and print. Exit status 1 where no worker is alive."""
    workers, listings = await session.workers.all(), await session.lists.entries()
    waiting = await session.examination.stream_length()
    document = {
        "workers": [asdict(worker) for worker in workers],
        "lists": [_listing(one) for one in listings],
        "events_in_stream": waiting,
    }
    lines = [_worker_line(worker) for worker in workers] or ["no decider worker is alive: start one"]
    lines += ["", f"events in the stream: {waiting}"]
    lines += [f"{one.list_name.value:5} {one.network}  by {one.actor}  {one.note}" for one in listings]
    console.answer(document, lines)
    return 0 if workers else 1


def _worker_line(worker: WorkerStatus) -> str:
    state = f"DEGRADED for {time() - worker.degraded_since:.0f} s" if worker.degraded else "ok"
    profile = f" ({worker.policy_profile})" if worker.policy_profile else ""
    line = (
        f"{worker.node}:{worker.pid}  {state}  {worker.mode}  policy {worker.policy_digest}{profile}  "
        f"{worker.decisions} decided, {worker.blocked} blocked, {worker.would_block} would-block, "
        f"{worker.malformed} malformed  p50 {worker.p50_ms:g} ms, p99 {worker.p99_ms:g} ms"
    )
    if worker.policy_fault:
        line += f"\n  POLICY FILE FAULTY, the old policy stays in effect: {worker.policy_fault}"
    return line


def _listing(one: Listing) -> dict[str, Any]:
    return {**asdict(one), "list_name": one.list_name.value, "network": str(one.network)}
