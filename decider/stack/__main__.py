"""`python -m decider.stack up|down|status`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from decider.core.errors import FaultyInput
from decider.stack.down import down
from decider.stack.settings import parse_settings
from decider.stack.status import status
from decider.stack.up import up

EXIT_OK, EXIT_FAILED, EXIT_BAD_SETTINGS = 0, 1, 2

_COMMANDS = {
    "up": (up, "start everything, print the URLs, stream the logs; Ctrl-C stops it"),
    "down": (down, "stop what `up` started in RUN_DIR"),
    "status": (status, "show the processes of RUN_DIR"),
}


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 failed or not running, 2 a setting is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m decider.stack",
        description="Run the whole product on this machine: nginx, decider, recorder, dashboard, and Redis, "
        "a MongoDB-compatible server and a sample shop unless you name yours.",
        epilog="Settings come from the environment; .env.example lists them with their defaults.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, meaning) in _COMMANDS.items():
        commands.add_parser(name, help=meaning, description=meaning)
    command = _COMMANDS[parser.parse_args(arguments).command][0]
    try:
        return command(parse_settings(os.environ, Path.cwd()))
    except FaultyInput as error:
        for fault in error.faults:
            print(f"decider: {fault}", file=sys.stderr)
        return EXIT_BAD_SETTINGS


if __name__ == "__main__":
    sys.exit(main())
