"""Where the gateway keeps its deny cache: in memory where there is room, else under RUN_DIR.

Nginx reads a file for each block that it repeats, and writes one for each that it keeps.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  ours is the folder in it, checked below
# max_size of the cache in nginx/addresses.conf, and half of it: Nginx checks that only now and then. The
# 64 MB of an ordinary container are too few.
NEEDED_BYTES = 96 * 1024**2


def deny_cache_folder(run_dir: Path, memory: Path = SHARED_MEMORY) -> Path:
    """For the copy that runs in ``run_dir``; the folder around it in memory is made, and ours alone."""
    folder = _folder(run_dir, memory)
    try:
        room = os.statvfs(memory)
        if room.f_bavail * room.f_frsize >= NEEDED_BYTES:
            folder.mkdir(mode=0o700, exist_ok=True)
            if _is_ours(folder):
                return folder / "deny_cache"
    except OSError:  # no such memory here, or not for us
        pass
    return run_dir / "nginx" / "deny_cache"


def remove_memory_folder(run_dir: Path, memory: Path = SHARED_MEMORY) -> None:
    """After the copy has stopped. What cannot be removed does no harm."""
    folder = _folder(run_dir, memory)
    if _is_ours(folder):
        shutil.rmtree(folder, ignore_errors=True)


def _folder(run_dir: Path, memory: Path) -> Path:
    """One a copy and user, the same after a kill -9, so that nothing piles up."""
    name = hashlib.sha256(f"{os.getuid()}:{run_dir}".encode()).hexdigest()[:16]
    return memory / f"decider-{name}"


def _is_ours(folder: Path) -> bool:
    """Others may write beside us and could have been first, with a folder or a link of theirs."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.getuid()
        and not stat.S_IMODE(found.st_mode) & 0o077
    )
