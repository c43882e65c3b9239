"""Every error of ours, drawn as a tree.

DeciderError
├── SettingsError        an environment variable or address is wrong; names the value and the remedy
├── PolicyError          policy.toml is wrong; carries all faults at once
├── MalformedRequest     Nginx sent headers no decision can be made from; the message is a short code
└── StoreUnavailable     Redis or MongoDB did not answer in time; callers choose what that means
"""

from __future__ import annotations

from collections.abc import Sequence


class DeciderError(Exception):
    """Base of all our errors; catch it only at the outermost edge."""


class FaultyInput(DeciderError):
    """Input from the operator with one or more faults, all of them reported together."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class SettingsError(FaultyInput):
    """One or more settings are wrong; each fault names the variable, its value and the remedy."""


class PolicyError(FaultyInput):
    """The policy file is wrong; each fault names the key, its value and what to write."""


class MalformedRequest(DeciderError):
    """The subrequest carries no usable facts; ``code`` is counted and logged."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class StoreUnavailable(DeciderError):
    """A store did not answer within its budget or refused the connection."""
