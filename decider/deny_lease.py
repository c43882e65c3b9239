"""The lease on Nginx's deny cache: a file whose removal calls back every block that was kept under it.

While the file is there, Nginx keeps blocks under keys of their own (nginx/decider/deny_cache.conf), and
workers let them last longer. It holds what it was given for: the operators' lifts and the policy that were
known then. A worker that knows anything else, or cannot ask any more, removes it; Nginx notices within a
second. It comes back only when all that was kept under it has ended: what was called back never returns.

All workers of a node share the file. It is the file of one machine: no Nginx may ask deciders of another one
while it has a lease here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from decider.core.deny_cache import LEASE_REST_SECONDS

LOG = logging.getLogger("decider.worker")


class DenyLease:
    """``path`` None: there is never a lease. ``clock`` tells seconds that only grow (monotonic)."""

    def __init__(self, path: Path | None, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._gone_since = clock()
        self._is_broken = False
        self.is_held = False

    def renew(self, known: str) -> None:
        """Tell what is known now, a line of text. Holds the lease where it was given for just that."""
        if self._path is None:
            return
        try:
            written = self._read(self._path)
            if written == known:
                self.is_held = True
            elif written is not None:
                self.drop()
            elif self.is_held:  # another worker has dropped it
                self.is_held, self._gone_since = False, self._clock()
            elif self._clock() - self._gone_since >= LEASE_REST_SECONDS:
                self._write(self._path, known)
        except OSError as error:
            self._fail(error)

    def drop(self) -> None:
        """Call everything back: something has changed, or nobody can tell whether it has."""
        self.is_held, self._gone_since = False, self._clock()
        if self._path is not None:
            try:
                self._path.unlink(missing_ok=True)
            except OSError as error:
                self._fail(error)

    def _read(self, path: Path) -> str | None:
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def _write(self, path: Path, known: str) -> None:
        # whole or not at all: what is half written would be taken for something else and removed
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.write_text(known, encoding="utf-8")
        draft.replace(path)
        self._is_broken = False

    def _fail(self, error: OSError) -> None:
        self.is_held = False
        if not self._is_broken:
            LOG.warning("deny_lease_failed path=%s error=%r", self._path, error)
        self._is_broken = True
