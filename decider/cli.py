"""The command line: python -m decider COMMAND. Exit status 0 done, 1 failed or not found, 2 wrong usage."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from decider.commands import ban, doctor, explain, lists, policy, replay, status
from decider.commands.console import Console
from decider.commands.session import Session
from decider.core.errors import FaultyInput, StoreUnavailable
from decider.redis_url import redacted
from decider.settings import Settings

EXIT_FAILED, EXIT_USAGE = 1, 2


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    chosen = _parser().parse_args(arguments)
    console = Console(as_json=chosen.json)
    try:
        if "offline" in chosen:
            done: int = chosen.offline(chosen, console)
            return done
        settings = Settings.from_environment(os.environ)
        return asyncio.run(_run(chosen, console, settings))
    except FaultyInput as error:
        return console.failed(*error.faults)
    except StoreUnavailable as error:
        where = redacted(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"))
        return console.failed(f"Redis at {where} does not answer ({error}): start it or set REDIS_URL")
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_FAILED


async def _run(chosen: argparse.Namespace, console: Console, settings: Settings) -> int:
    session = Session(settings, chosen.actor)
    try:
        done: int = await chosen.run(chosen, session, console)
        return done
    finally:
        await session.close()


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="answer in JSON")
    common.add_argument(
        "--actor",
        default=os.environ.get("USER") or "operator",
        help="who acts, recorded with the event (default: the user's name)",
    )
    parser = argparse.ArgumentParser(
        prog="python -m decider",
        description="Ask and steer a running Decider through its Redis (REDIS_URL).",
        epilog="What you change is in effect for all workers within 3 seconds and recorded as an event.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (status, explain, ban, lists, policy, replay, doctor):
        module.add(commands, common)
    return parser
