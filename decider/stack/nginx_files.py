"""The nginx folder of one copy: the shipped files with this copy's port, upstream and sockets put in.

The shipped files are complete and run as they are; only the texts in ``_Shipped`` are replaced, and each must
be found, so that an edit of the files that this module does not know of is an error and no silent default.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

from decider.core.errors import SettingsError
from decider.stack.settings import StackSettings

SHIPPED = Path(__file__).resolve().parents[2] / "nginx"


class _Shipped(StrEnum):
    """What the shipped files say where copies differ."""

    FOLDER = "/run/decider"
    LISTEN = "listen 8080;"
    UPSTREAM = "server 127.0.0.1:3000;"
    PROCESSES = "worker_processes auto;"


def write_nginx_files(settings: StackSettings, upstream: str) -> None:
    """Write a runnable ``nginx.conf`` and its includes; ``upstream`` is ``host:port``."""
    replacements = {
        _Shipped.FOLDER: str(settings.folder.path),
        _Shipped.LISTEN: f"listen {settings.gateway_port};",
        _Shipped.UPSTREAM: f"server {upstream};",
        _Shipped.PROCESSES: _processes(),
    }
    write_files(settings.folder.nginx, replacements)


def write_files(target: Path, replacements: dict[_Shipped, str]) -> None:
    """Copy the shipped files with these texts replaced. Raises SettingsError where one is not found."""
    unused = set(replacements)
    for shipped in sorted(SHIPPED.glob("*.conf")):
        text = shipped.read_text(encoding="utf-8")
        for old, new in replacements.items():
            if old.value in text:
                unused.discard(old)
                text = text.replace(old.value, new)
        (target / shipped.name).write_text(text, encoding="utf-8")
    if unused:
        raise SettingsError([f"{SHIPPED}: {old.value!r} is not there any more" for old in sorted(unused)])


def _processes() -> str:
    # As root, Nginx's workers become another user, who cannot enter a folder below /root.
    return f"{_Shipped.PROCESSES.value}\nuser root;" if os.geteuid() == 0 else _Shipped.PROCESSES.value
