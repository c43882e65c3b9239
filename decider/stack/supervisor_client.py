"""What supervisor says about its processes and is told to do, over its own unix socket."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from xmlrpc.client import Error, ServerProxy

from supervisor.xmlrpc import SupervisorTransport


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One process: ``state`` as supervisor names it (RUNNING, STARTING, BACKOFF, FATAL, ...).

    ``pid`` is 0 when it does not run; ``started`` and ``now`` are epoch seconds.
    """

    name: str
    state: str
    pid: int
    started: int
    now: int


def process_states(control_socket: Path) -> tuple[ProcessState, ...] | None:
    """All processes, None when supervisor does not answer."""
    answer = _call(control_socket, "getAllProcessInfo")
    if answer is None:
        return None
    return tuple(
        ProcessState(info["name"], info["statename"], info["pid"], info["start"], info["now"])
        for info in cast(list[dict[str, Any]], answer)
    )


def start_process(control_socket: Path, name: str) -> None:
    """Start ``group:name`` and do not wait; asking again for one that runs changes nothing."""
    _call(control_socket, "startProcess", name, False)


def _call(control_socket: Path, method: str, *arguments: str | bool) -> object:
    """What supervisor answers; None when it does not, or refuses."""
    transport = SupervisorTransport(None, None, f"unix://{control_socket}")
    try:
        proxy = ServerProxy("http://localhost", transport=transport)
        return getattr(proxy.supervisor, method)(*arguments)
    except (OSError, Error, http.client.HTTPException):
        return None
    finally:
        transport.close()
