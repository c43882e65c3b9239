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
from decider.core.policy_lines import line_of

DIGEST_CHARACTERS = 12  # of the SHA-256: enough to tell two policies apart in a status line
SHIPPED = "policy.toml"


def load_policy(path: Path | None, mode: Mode | None = None) -> Policy:
    """The policy of a file over the shipped defaults (None: the defaults alone).

    Raises PolicyError with all faults at once, each with file and line; a file that cannot be read or is no
    TOML is one fault.
    """
    shipped_bytes = files("decider").joinpath(SHIPPED).read_bytes()
    defaults = _toml(shipped_bytes, SHIPPED)
    policy = _parsed(defaults, sha256(shipped_bytes).hexdigest(), None, SHIPPED, shipped_bytes)
    if path is not None:
        own_bytes = _read(path)
        mapping = merged(defaults, _toml(own_bytes, str(path)))
        digest = sha256(shipped_bytes + b"\x00" + own_bytes).hexdigest()
        policy = _parsed(mapping, digest, policy, str(path), own_bytes)
    return policy if mode is None else replace(policy, mode=mode)


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


def _parsed(
    mapping: Mapping[str, Any], digest: str, shipped: Policy | None, name: str, text: bytes
) -> Policy:
    try:
        return parse(mapping, digest[:DIGEST_CHARACTERS], shipped)
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
