"""Where the policy comes from: shipped defaults, the file of the operator over them, the mode set outside."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from decider.core.errors import PolicyError
from decider.core.policy import Mode, Policy
from decider.core.policy_file import parse

DIGEST_CHARACTERS = 12  # of the SHA-256: enough to tell two policies apart in a status line


def load_policy(path: Path | None, mode: Mode | None = None) -> Policy:
    """The policy of a file over the shipped defaults (None: the defaults alone).

    Raises PolicyError with all faults at once; a file that cannot be read or is no TOML is one fault.
    """
    shipped = files("decider").joinpath("policy.toml").read_bytes()
    own = b"" if path is None else _read(path)
    mapping = merged(_toml(shipped, "policy.toml"), _toml(own, str(path)))
    digest = sha256(shipped + b"\x00" + own).hexdigest()[:DIGEST_CHARACTERS]
    try:
        policy = parse(mapping, digest)
    except PolicyError as error:
        raise PolicyError([f"{path or 'policy.toml'}: {fault}" for fault in error.faults]) from error
    return policy if mode is None else replace(policy, mode=mode)


def merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key; values and lists (``route`` among them) are taken whole."""
    result = dict(defaults)
    for key, value in own.items():
        default = result.get(key)
        both_tables = isinstance(value, Mapping) and isinstance(default, Mapping)
        result[key] = merged(default, value) if both_tables else value  # type: ignore[arg-type]  # both are tables
    return result


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PolicyError(
            [f"{path}: cannot be read ({error.strerror}): point DECIDER_POLICY to a readable file"]
        ) from error


def _toml(text: bytes, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError([f"{name}: is no TOML: {error}"]) from error
