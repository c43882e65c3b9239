"""What the operator is told when everything answers, and the files that let other commands find the copy."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping

from decider.core.policy import Policy
from decider.stack.run_folder import RunFolder
from decider.stack.services import PROJECT
from decider.stack.settings import StackSettings

_COMMAND = """\
#!/bin/sh
# python -m decider with the addresses of the copy in this folder; written at each start
set -a
. {environment}
PYTHONPATH={project} exec {python} -m decider "$@"
"""


def banner(settings: StackSettings, policy: Policy, sign_in: str) -> str:
    """URLs, how to sign in, and next steps."""
    folder = settings.folder
    upstream = settings.upstream or "the sample shop"
    mode = f"{settings.mode} (DECIDER_MODE)" if settings.mode else f"{policy.mode} (policy)"
    rows = (
        ("Gateway", f"http://127.0.0.1:{settings.gateway_port}/  in front of {upstream}"),
        ("Dashboard", f"http://127.0.0.1:{settings.dashboard_port}{settings.dashboard_prefix}"),
        ("Sign in", sign_in),
        ("Mode", mode),
        ("Commands", f"{folder.command} status | explain IP | ban IP | unban IP | --help"),
        ("Logs", str(folder.logs)),
        ("Attack", "make attack, in another terminal"),
        ("Stop", "Ctrl-C here, or make stop"),
    )
    return "\n".join(("", "Decider is running.", *(f"  {name:<10} {text}" for name, text in rows), ""))


def write_environment(folder: RunFolder, environment: Mapping[str, str]) -> None:
    """KEY=VALUE lines, quoted for a shell; readable by the owner alone, because a URL may hold a password."""
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in environment.items())
    folder.environment_file.touch(mode=0o600)
    folder.environment_file.write_text(lines)


def write_command(folder: RunFolder) -> None:
    """RUN_DIR/decider."""
    folder.command.write_text(
        _COMMAND.format(
            environment=shlex.quote(str(folder.environment_file)),
            project=shlex.quote(str(PROJECT)),
            python=shlex.quote(sys.executable),
        )
    )
    folder.command.chmod(0o755)
