"""The last good text of the operator's policy file, shared by gunicorn's workers.

A worker that is born while the file is broken (another one crashed, and an operator is in the middle of an
edit) goes on with it. Without it that worker could not start, and gunicorn would stop the whole decider.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256

VARIABLE = "DECIDER_POLICY_MEMORY"  # set by gunicorn's master for its workers, never by an operator
DIGEST_BYTES = 32


def create_policy_memory() -> dict[str, str]:
    """What to add to the environment of the workers; nothing where the system has no such memory."""
    if not hasattr(os, "memfd_create"):
        return {}
    return {VARIABLE: str(os.memfd_create("decider-policy"))}


class PolicyMemory:
    """Memory behind a file descriptor that workers inherit; without one it forgets everything."""

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = descriptor

    @classmethod
    def inherited(cls, environment: Mapping[str, str]) -> PolicyMemory:
        """The memory that the master made."""
        text = environment.get(VARIABLE, "")
        return cls(int(text) if text.isdecimal() else None)

    def remember(self, text: bytes | None) -> None:
        """Keep the text of a good file. Two workers that write at once are told by the digest."""
        if self._descriptor is None or text is None:
            return
        try:
            os.pwrite(self._descriptor, sha256(text).digest() + text, 0)
            os.ftruncate(self._descriptor, DIGEST_BYTES + len(text))
        except OSError:  # no memory left: a reload must not fail for it
            return

    def recall(self) -> bytes | None:
        """The text, None where there is none."""
        if self._descriptor is None:
            return None
        try:
            kept = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
        except OSError:
            return None
        digest, text = kept[:DIGEST_BYTES], kept[DIGEST_BYTES:]
        return text if sha256(text).digest() == digest else None
