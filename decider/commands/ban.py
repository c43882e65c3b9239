"""`ban IP` and `unban IP`."""

from __future__ import annotations

import argparse
from typing import Any

from decider.commands import arguments
from decider.commands.console import Console
from decider.commands.session import Session
from decider.operator_actions import EFFECTIVE_WITHIN_SECONDS


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare both commands."""
    parser = commands.add_parser("ban", parents=[common], help="block a client at once")
    parser.add_argument("client", type=arguments.client, metavar="IP")
    arguments.add_duration(parser, "as long as the policy makes its next ban")
    arguments.add_note(parser)
    parser.set_defaults(run=run_ban)
    parser = commands.add_parser(
        "unban", parents=[common], help="lift a ban and forget the client's counters"
    )
    parser.add_argument("client", type=arguments.client, metavar="IP")
    arguments.add_note(parser)
    parser.set_defaults(run=run_unban)


async def run_ban(chosen: argparse.Namespace, session: Session, console: Console) -> int:
    """Ban and say for how long."""
    event = await session.actions.ban(chosen.client, chosen.seconds, chosen.reason)
    document = {"client": event.client, "banned_seconds": event.ban_seconds, "until": event.until}
    return console.answer(document, [f"{event.client} is banned for {event.ban_seconds} s"])


async def run_unban(chosen: argparse.Namespace, session: Session, console: Console) -> int:
    """Lift and say how long it holds."""
    event = await session.actions.unban(chosen.client, chosen.reason)
    holds_seconds = session.policy.ban.unban_hold_seconds
    words = (
        f"{event.client} gets in within {EFFECTIVE_WITHIN_SECONDS} s and is not scored for {holds_seconds} s"
    )
    return console.answer({"client": event.client, "holds_until": event.until}, [words])
