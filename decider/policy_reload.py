"""Takes over a changed policy while running: on SIGHUP at once, otherwise within three seconds of the change.

A file with a fault changes nothing: the old policy holds, each fault is logged once and shown in the
heartbeat until the file is good again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from decider.core.errors import PolicyError
from decider.core.policy import Policy
from decider.policy_memory import PolicyMemory
from decider.policy_source import PolicySource

LOG = logging.getLogger("decider.policy")

LOOK_SECONDS = 1.0  # a changed file is seen after one look and read after the next: two seconds
FAULT_CHARACTERS = 300  # of the first fault, in the heartbeat; the log has them all

_Signature = tuple[int, int, int] | None


def load_or_recall(source: PolicySource, memory: PolicyMemory) -> tuple[Policy, tuple[str, ...]]:
    """The policy to start with, and the faults of the file where it is the remembered one.

    Raises PolicyError where the file is faulty and none is remembered.
    """
    try:
        own_bytes = source.read()
        policy = source.policy_of(own_bytes)
    except PolicyError as error:
        remembered = memory.recall()
        if remembered is None:
            raise
        return source.policy_of(remembered), tuple(error.faults)
    memory.remember(own_bytes)
    return policy, ()


class PolicyReload:
    """``use`` is told of every new policy, in the event loop. ``faults`` are those of the file now."""

    def __init__(
        self,
        source: PolicySource,
        policy: Policy,
        use: Callable[[Policy], None],
        memory: PolicyMemory | None = None,
        faults: Sequence[str] = (),
    ) -> None:
        self._source = source
        self._use = use
        self._memory = memory or PolicyMemory()
        self._read: _Signature = None  # of the file as it was read last: nothing yet, so it is read once more
        self._changing: _Signature = None
        self._asked = asyncio.Event()
        self.policy = policy
        self.faults: tuple[str, ...] = ()
        self._keep(faults)

    @property
    def fault(self) -> str:
        """The first fault and how many more there are; empty for a good file."""
        if not self.faults:
            return ""
        more = len(self.faults) - 1
        return self.faults[0][:FAULT_CHARACTERS] + (f" (and {more} more)" if more else "")

    async def watch(self) -> None:
        """Look until cancelled; SIGHUP makes the next look now."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._asked.set)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._asked.wait()
            try:
                if self._asked.is_set():
                    self._asked.clear()
                    await self.reload()
                else:
                    await self.look()
            except Exception as error:  # noqa: BLE001  the outermost loop: the next look may go better
                LOG.error("policy_reload_error error=%r", error)

    async def look(self) -> None:
        """Reload where the file differs from the one read last and has been still since the last look.

        An editor that empties the file before it writes must not be caught in between.
        """
        path = self._source.path
        if path is None:
            return
        signature = await asyncio.to_thread(_signature, path)
        if signature == self._read and signature is not None:
            return
        if signature != self._changing:
            self._changing = signature
        elif signature is not None or not self.faults:
            await self.reload()

    async def reload(self) -> None:
        """Read the file now."""
        if self._source.path is not None:
            self._read = self._changing = await asyncio.to_thread(_signature, self._source.path)
        try:
            own_bytes, policy = await asyncio.to_thread(self._load)
        except PolicyError as error:
            self._keep(error.faults)
            return
        self._memory.remember(own_bytes)
        if self.faults:
            LOG.warning("policy_file_mended digest=%s", policy.digest)
        self.faults = ()
        if policy != self.policy:
            LOG.warning("policy_reloaded digest=%s before=%s", policy.digest, self.policy.digest)
            self.policy = policy
            self._use(policy)

    def _load(self) -> tuple[bytes | None, Policy]:
        own_bytes = self._source.read()
        return own_bytes, self._source.policy_of(own_bytes)

    def _keep(self, faults: Sequence[str]) -> None:
        for fault in faults:
            if fault not in self.faults:
                LOG.error("policy_fault %s; policy %s stays in effect", fault, self.policy.digest)
        self.faults = tuple(faults)


def _signature(path: Path) -> _Signature:
    """What changes with the file: time (ns), size, and inode for files that are moved into place."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino
