"""docker-compose.yml as Compose reads it: merged, with its variables filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.servers import ROOT

FILE = ROOT / "docker-compose.yml"
# ${NAME}, ${NAME:-default} and ${NAME:?message}; $$ is a dollar sign
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


def variables() -> set[str]:
    """Every variable that the file reads."""
    return {match["name"] for match in _VARIABLE.finditer(FILE.read_text(encoding="utf-8"))}


def services(values: Mapping[str, str]) -> dict[str, Any]:
    """The services with ``values`` filled in. Raises KeyError when a required one is not given."""

    def fill(match: re.Match[str]) -> str:
        given = values.get(match["name"], "")
        if given or match["kind"] == "-":
            return given or match["rest"]
        raise KeyError(f"{match['name']}: {match['rest']}")

    def filled(node: Any) -> Any:
        # after parsing, as Compose does it: an empty value stays text and becomes no null
        if isinstance(node, str):
            return _VARIABLE.sub(fill, node).replace("$$", "$")
        if isinstance(node, list):
            return [filled(item) for item in node]
        if isinstance(node, dict):
            return {key: filled(item) for key, item in node.items()}
        return node

    return dict(filled(yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]))
