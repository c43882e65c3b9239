"""`down`: stops what `up` started in RUN_DIR, and nothing else."""

from __future__ import annotations

import signal
import sys
import time

from decider.stack.leftovers import earlier_supervisor, wait_for_earlier_supervisor
from decider.stack.memory_folder import remove_memory_folder
from decider.stack.process_tree import send
from decider.stack.settings import StackSettings

PATIENCE_SECONDS = 60.0  # above what `up` itself takes before it kills
_TICK_SECONDS = 0.1


def down(settings: StackSettings) -> int:
    """Exit status 0 when nothing runs in RUN_DIR afterwards, also when nothing did before."""
    folder = settings.folder
    holder = folder.holder()
    if holder is not None:
        send(holder, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while folder.holder() == holder:
            if time.monotonic() > deadline:
                print(f"decider: pid {holder} does not stop; see {folder.logs}", file=sys.stderr)
                return 1
            time.sleep(_TICK_SECONDS)
    found = holder is not None or earlier_supervisor(folder) is not None
    wait_for_earlier_supervisor(folder)
    remove_memory_folder(folder.path)  # where `up` was killed and could not
    print(f"decider: stopped {folder.path}" if found else f"decider: nothing ran in {folder.path}")
    return 0
