"""What supervisor says about its processes, over its own unix socket."""

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
    """All processes in the order of their start, None when supervisor does not answer."""
    transport = SupervisorTransport(None, None, f"unix://{control_socket}")
    try:
        proxy = ServerProxy("http://localhost", transport=transport)
        answer = cast(list[dict[str, Any]], proxy.supervisor.getAllProcessInfo())
    except (OSError, Error, http.client.HTTPException):
        return None
    finally:
        transport.close()
    return tuple(
        ProcessState(info["name"], info["statename"], info["pid"], info["start"], info["now"])
        for info in answer
    )
