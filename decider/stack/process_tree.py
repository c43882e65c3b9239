"""Nobody is left behind: what Linux offers to tie the life of processes to ours.

`up` is a child subreaper: a process whose own parent dies (a gunicorn or nginx worker after `kill -9` of its
master) becomes a child of `up` instead of init, so it can be seen and ended. Towards the other side every
child carries a parent-death signal: when its parent is killed, the kernel sends it SIGTERM.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>

# setpriv belongs to util-linux, which every Debian and Ubuntu has
TIED_TO_PARENT = ("setpriv", "--pdeathsig", "TERM", "--")


def adopt_orphans() -> None:
    """From now on orphans among our descendants become our children."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def children() -> frozenset[int]:
    """The pids of our living children, zombies not counted."""
    ours = os.getpid()
    return frozenset(pid for pid, (parent, state) in _processes().items() if parent == ours and state != "Z")


def reap(pid: int) -> None:
    """Collect the exit status of one adopted child, if it ended."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def send(pid: int, number: signal.Signals) -> bool:
    """Signal one process; False when it is already gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def runs(pid: int, argument: str) -> bool:
    """Whether ``pid`` is alive with ``argument`` on its command line: a pid file alone proves nothing."""
    try:
        return argument in Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False


def _processes() -> dict[int, tuple[int, str]]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # the name in parentheses may hold anything, also spaces and parentheses
                state, parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
                found[int(entry.name)] = (int(parent), state)
    return found
