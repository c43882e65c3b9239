"""`explain IP`: score, each signal, counters, ban and lists of one client, in words."""

from __future__ import annotations

import argparse
from typing import Any

from decider.commands import arguments
from decider.commands.console import Console
from decider.commands.session import Session
from decider.core.explanation import Explanation, explain
from decider.core.network_list import NetworkLists, policy_listings


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("explain", parents=[common], help="why a client is treated as it is")
    parser.add_argument("client", type=arguments.client, metavar="IP")
    parser.set_defaults(run=run)


async def run(chosen: argparse.Namespace, session: Session, console: Console) -> int:
    """Put together what is known and print it."""
    client = chosen.client
    tally = await session.counters.read(client)
    listed = NetworkLists((*policy_listings(session.policy), *await session.lists.entries()))
    listing = listed.find(client.address, tally.now_ms / 1000)
    geo = session.geo.find(client.text)
    explanation = explain(client, tally, listing, geo, session.policy)
    return console.answer(explanation.to_mapping(), _lines(explanation))


def _lines(explanation: Explanation) -> list[str]:
    known = explanation.to_mapping()
    network = f"AS{known['asn']} {known['network']}" if known["asn"] else "network unknown"
    lines = [
        f"{known['client']}  {known['country']}  {network}",
        known["sentence"],
        "",
        f"score now        {known['score']:.2f}   (blocks at {known['block_at']:.2f})",
    ]
    for name, signal in known["signals"].items():
        lines.append(
            f"  {name:20} {signal['contribution']:.2f} of {signal['weight']:.2f}   {signal['measured']}"
        )
    lines += ["", "requests in the last" + "".join(f"{window:>10}" for window in known["counters"]["page"])]
    for group, windows in known["counters"].items():
        lines.append(f"  {group:18}" + "".join(f"{count:>10g}" for count in windows.values()))
    return lines
