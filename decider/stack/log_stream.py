"""All log files of a running copy as one stream, each line with its service in front."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

_CHUNK_BYTES = 65_536  # a burst is shown in pieces, so that Ctrl-C is heard between them
_NAME_WIDTH = 10
# a request path in a log line must not steer the operator's terminal; tab stays
_UNPRINTABLE = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if code != 9}


class LogStream:
    """Follows files that may not exist yet and that supervisor rotates by renaming."""

    def __init__(self, files: Iterable[Path], out: TextIO = sys.stdout) -> None:
        self._followed = {path: _Followed(path) for path in files}
        self._out = out

    def skip_to_end(self) -> None:
        """Leave out what an earlier run wrote."""
        for followed in self._followed.values():
            followed.skip_to_end()

    def show_new(self) -> None:
        """Print what was added since the last call."""
        for path, followed in self._followed.items():
            for line in followed.new_lines():
                print(f"{path.stem:<{_NAME_WIDTH}} | {line.translate(_UNPRINTABLE)}", file=self._out)
        self._out.flush()


def last_lines(path: Path, count: int) -> list[str]:
    """The end of a log file, harmless to print."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _CHUNK_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    return [line.translate(_UNPRINTABLE) for line in lines[-count:]]


class _Followed:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._inode = 0
        self._partial = b""

    def skip_to_end(self) -> None:
        if self._path.exists():
            found = self._path.stat()
            self._offset, self._inode = found.st_size, found.st_ino

    def new_lines(self) -> list[str]:
        try:
            with self._path.open("rb") as log:
                inode = self._path.stat().st_ino
                if inode != self._inode:
                    self._offset, self._inode = 0, inode
                log.seek(self._offset)
                data = log.read(_CHUNK_BYTES)
        except FileNotFoundError:
            return []
        self._offset += len(data)
        *lines, self._partial = (self._partial + data).split(b"\n")
        return [line.decode(errors="replace").rstrip("\r") for line in lines]
