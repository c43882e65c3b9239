"""Where the policy comes from: shipped defaults, a profile over them, the operator's file, the mode.

Later ones win, key by key; lists (the routes are one) are taken whole.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from decider.core.errors import PolicyError
from decider.core.policy import Mode, Policy
from decider.core.policy_file import parse
from decider.core.policy_lines import line_of

DIGEST_CHARACTERS = 12  # of the SHA-256: enough to tell two policies apart in a status line
SHIPPED = "policy.toml"
PROFILES = "profiles"


@dataclass(frozen=True, slots=True)
class PolicySource:
    """``path`` the operator's file; ``mode`` and ``profile`` as set outside, which outvote what it says."""

    path: Path | None = None
    mode: Mode | None = None
    profile: str | None = None

    def read(self) -> bytes | None:
        """The operator's file, None without one. Raises PolicyError."""
        return None if self.path is None else _read(self.path)

    def load(self) -> Policy:
        """The policy as the file is now. Raises PolicyError with all faults at once."""
        return self.policy_of(self.read())

    def policy_of(self, own_bytes: bytes | None) -> Policy:
        """The policy with this text in the operator's file. Raises PolicyError with all faults at once."""
        shipped_bytes = files("decider").joinpath(SHIPPED).read_bytes()
        mapping = _toml(shipped_bytes, SHIPPED)
        read = [shipped_bytes]
        policy = _parsed(mapping, _digest(read), None, SHIPPED, shipped_bytes)
        place, text = str(self.path or SHIPPED), own_bytes or b""
        own = {} if own_bytes is None else _toml(own_bytes, str(self.path))
        name = own.get("profile") if self.profile is None else self.profile
        faults: list[str] = []
        if name is not None:
            if name in known_profiles():
                read.append(files("decider").joinpath(PROFILES, f"{name}.toml").read_bytes())
                mapping = merged(mapping, _toml(read[-1], f"{name}.toml")) | {"profile": name}
                policy = _parsed(mapping, _digest(read), policy, f"{name}.toml", read[-1])
            else:
                faults.append(f"{_place(place, text, 'profile')}: {profile_fault(name)}")
        if own_bytes is not None:
            read.append(own_bytes)
            mapping = merged(mapping, {key: value for key, value in own.items() if key != "profile"})
            try:
                policy = _parsed(mapping, _digest(read), policy, place, text)
            except PolicyError as error:
                faults += error.faults
        if faults:
            raise PolicyError(faults)
        return policy if self.mode is None else replace(policy, mode=self.mode)


def load_policy(path: Path | None, mode: Mode | None = None, profile: str | None = None) -> Policy:
    """The policy of a file over its profile over the shipped defaults (None: the defaults alone).

    Raises PolicyError with all faults at once, each with file and line; a file that cannot be read or is no
    TOML is one fault.
    """
    return PolicySource(path, mode, profile).load()


def known_profiles() -> tuple[str, ...]:
    """Names of the shipped profiles."""
    names = (entry.name for entry in files("decider").joinpath(PROFILES).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def profile_fault(name: object) -> str:
    """What is wrong with a profile that is not known, beginning with the key."""
    return f"profile = {name!r}: no such profile: write one of {', '.join(known_profiles())}, or leave it out"


def merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key; values and lists (``route`` among them) are taken whole."""
    result = dict(defaults)
    for key, value in own.items():
        default = result.get(key)
        if isinstance(value, Mapping) and isinstance(default, Mapping):
            result[key] = merged(default, value)
        else:
            result[key] = value
    return result


def _digest(texts: list[bytes]) -> str:
    return sha256(b"\x00".join(texts)).hexdigest()[:DIGEST_CHARACTERS]


def _parsed(
    mapping: Mapping[str, Any], digest: str, shipped: Policy | None, name: str, text: bytes
) -> Policy:
    try:
        return parse(mapping, digest, shipped)
    except PolicyError as error:
        raise PolicyError([f"{_place(name, text, fault)}: {fault}" for fault in error.faults]) from error


def _place(name: str, text: bytes, fault: str) -> str:
    line = line_of(text.decode("utf-8", "replace"), fault.partition(" ")[0])
    return name if line is None else f"{name}:{line}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PolicyError(
            [f"{path}: cannot be read ({error.strerror}): point DECIDER_POLICY to a readable file"]
        ) from error


def _toml(text: bytes, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.decode("utf-8-sig"))  # editors on Windows write a byte order mark
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise PolicyError([f"{name}:{line}: is not UTF-8: save it as UTF-8"]) from error
    except ValueError as error:  # TOMLDecodeError, and a number of thousands of digits
        raise PolicyError([f"{name}: is no TOML: {error}"]) from error
    except RecursionError as error:
        raise PolicyError([f"{name}: is no TOML: brackets nested too deeply"]) from error
