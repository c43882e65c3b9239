"""`policy check [FILE]` and `policy show`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from decider.commands.console import Console
from decider.commands.session import Session
from decider.policy_source import load_policy


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare both commands."""
    parser = commands.add_parser("policy", help="check or show the policy")
    which = parser.add_subparsers(required=True, metavar="check|show")
    check = which.add_parser("check", parents=[common], help="find every fault of a policy file")
    check.add_argument("file", nargs="?", type=Path, help="default: what DECIDER_POLICY names")
    check.set_defaults(run=run_check)
    show = which.add_parser("show", parents=[common], help="every value in effect: shipped, profile and own")
    show.set_defaults(run=run_show)


async def run_check(chosen: argparse.Namespace, session: Session, console: Console) -> int:
    """Exit status 1 and a line for each fault, or 0."""
    path = chosen.file or session.settings.policy_path
    policy = load_policy(path, session.settings.mode, session.settings.profile)
    name = str(path or "the shipped policy.toml")
    if policy.profile:
        name += f" with profile {policy.profile}"
    return console.answer(
        {"file": name, "digest": policy.digest}, [f"{name} is fine (digest {policy.digest})"]
    )


async def run_show(chosen: argparse.Namespace, session: Session, console: Console) -> int:
    """Print the policy as key = value lines or JSON."""
    values = _plain(asdict(session.policy))
    document = {"profile": values.pop("profile") or "none", **values}
    return console.answer(document, list(_lines(document, "")))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, IPv4Network | IPv6Network) else value


def _lines(value: Any, path: str) -> list[str]:
    if isinstance(value, dict) and value:
        return [
            line for key, inner in value.items() for line in _lines(inner, f"{path}.{key}" if path else key)
        ]
    return [f"{path} = {value}"]
