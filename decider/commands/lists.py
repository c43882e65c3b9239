"""`allow CIDR` and `deny CIDR`, with --remove to take a network off again."""

from __future__ import annotations

import argparse
from typing import Any

from decider.commands import arguments
from decider.commands.console import Console
from decider.commands.session import Session
from decider.core.network_list import ListName
from decider.operator_actions import EFFECTIVE_WITHIN_SECONDS

HELP = {
    ListName.ALLOW: "always let a network in, whatever was measured",
    ListName.DENY: "never let a network in (the allow-list still wins)",
}


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare both commands."""
    for list_name, text in HELP.items():
        parser = commands.add_parser(list_name.value, parents=[common], help=text)
        parser.add_argument("network", type=arguments.network, metavar="CIDR")
        arguments.add_duration(parser, "without end")
        arguments.add_note(parser)
        parser.add_argument("--remove", action="store_true", help="take the network off the list")
        parser.set_defaults(run=run, list_name=list_name)


async def run(chosen: argparse.Namespace, session: Session, console: Console) -> int:
    """List or delist, and say so."""
    list_name, network = chosen.list_name, chosen.network
    document = {"list": list_name.value, "network": str(network)}
    if chosen.remove:
        if await session.actions.delist(list_name, network, chosen.reason) is None:
            return console.failed(f"{network} is not on the {list_name.value}-list: `status` shows what is")
        return console.answer({**document, "removed": True}, [f"{network} is off the {list_name.value}-list"])
    event = await session.actions.list_network(list_name, network, chosen.seconds, chosen.reason)
    ending = f"for {chosen.seconds} s" if chosen.seconds else "without end"
    words = (
        f"{network} is on the {list_name.value}-list {ending}, in effect within {EFFECTIVE_WITHIN_SECONDS} s"
    )
    return console.answer({**document, "until": event.until or None}, [words])
