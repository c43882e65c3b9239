"""A supervisor of this RUN_DIR that outlived its `up`."""

from __future__ import annotations

import signal
import time

from decider.stack.process_tree import runs, send
from decider.stack.run_folder import RunFolder

PATIENCE_SECONDS = 45.0  # killed with its `up`, a supervisor is already stopping its services
_TICK_SECONDS = 0.1


def earlier_supervisor(folder: RunFolder) -> int | None:
    """Its pid, None when there is none. Whatever else now has that pid is left alone."""
    try:
        pid = int(folder.supervisor_pid.read_text())
    except (OSError, ValueError):
        return None
    return pid if runs(pid, str(folder.supervisor_conf)) else None


def wait_for_earlier_supervisor(folder: RunFolder) -> None:
    """See it to its end, with SIGTERM first and kill -9 when its time is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    if pid := earlier_supervisor(folder):
        send(pid, signal.SIGTERM)
    while pid := earlier_supervisor(folder):
        if time.monotonic() > deadline:
            send(pid, signal.SIGKILL)
        time.sleep(_TICK_SECONDS)
