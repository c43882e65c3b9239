"""Waiting for stores that went away: longer each time, within bounds, and said once, not at every attempt."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic

from decider.recorder.log_line import log_line

LOG = logging.getLogger("decider.recorder")

FIRST_DELAY_SECONDS = 0.1  # a server that restarts is back within a second
LONGEST_DELAY_SECONDS = 2.0  # a server that was away for hours is noticed two seconds after it came back


async def unless_stopping(stopping: asyncio.Event, seconds: float) -> bool:
    """Wait that long; False at once when the recorder is to stop."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return True
    return False


def delay_seconds(failures: int) -> float:
    """How long to wait after so many failures in a row: 0.1, 0.2, 0.4, 0.8, 1.6, 2, 2, ..."""
    return float(min(FIRST_DELAY_SECONDS * 2 ** min(failures - 1, 10), LONGEST_DELAY_SECONDS))


class Patience:
    """Counts the failures in a row of one loop."""

    def __init__(self) -> None:
        self._failures = 0

    def reset(self) -> None:
        """An attempt succeeded."""
        self._failures = 0

    async def wait(self, stopping: asyncio.Event) -> bool:
        """An attempt failed: wait before the next one. False when the recorder is to stop."""
        self._failures += 1
        return await unless_stopping(stopping, delay_seconds(self._failures))


class StoreHealth:
    """Whether a store answers, as all loops that use it see it; a change is logged once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._since = monotonic()
        self.reachable: bool | None = None

    def failed(self, error: Exception) -> None:
        """It did not do what was asked."""
        if self.reachable is not False:
            self.reachable, self._since = False, monotonic()
            LOG.warning(log_line(f"{self._name}_unreachable", error=error, retrying="true"))

    def succeeded(self) -> None:
        """It did."""
        if self.reachable is False:
            LOG.warning(log_line(f"{self._name}_reachable", after_seconds=monotonic() - self._since))
        self.reachable = True
