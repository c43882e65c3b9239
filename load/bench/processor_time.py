"""Processor seconds and memory of a process with all its children, from /proc (Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_USER_TICKS, _SYSTEM_TICKS = 11, 12  # of the fields after the name: proc(5), 14 and 15 counted from one


def processor_seconds(process_id: int, proc: Path = _PROC) -> float:
    """User and system time so far, of the process and its living children. 0 for one that has ended."""
    ticks = sum(_ticks(one, proc) for one in family(process_id, proc))
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_bytes(process_id: int, proc: Path = _PROC) -> int:
    """Memory that one process has in RAM. Raises RuntimeError when it has ended."""
    try:
        pages = int((proc / str(process_id) / "statm").read_text().split()[1])
    except OSError as error:
        raise RuntimeError(f"process {process_id} has ended: {error}") from error
    return pages * os.sysconf("SC_PAGE_SIZE")


def family(process_id: int, proc: Path = _PROC) -> Iterator[int]:
    """The process and everything below it."""
    yield process_id
    for task in sorted((proc / str(process_id) / "task").glob("*/children")):
        try:
            children = task.read_text().split()
        except OSError:  # ended meanwhile
            continue
        for child in children:
            yield from family(int(child), proc)


def _ticks(process_id: int, proc: Path) -> int:
    try:
        line = (proc / str(process_id) / "stat").read_text()
    except OSError:
        return 0
    fields = line.rpartition(")")[2].split()  # the name in front may hold blanks and brackets
    return int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])
