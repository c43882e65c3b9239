"""Attack strings in what a client sends: payloads that no link of a site and no form of a person contains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from re import IGNORECASE, Pattern
from re import compile as pattern
from typing import Any
from urllib.parse import unquote_plus

from decider.core.probe_catalogue import NO_PROBE, Probe, ProbeLevel

MOST_CHARACTERS = 4_096  # payloads stand early or repeat; the rest only costs time
MOST_DECODINGS = 3  # attackers encode twice to pass a filter that decodes once


@dataclass(frozen=True, slots=True)
class AttackPattern:
    """Searched only in text that holds one of ``needs``; ``raw`` looks before decoding."""

    probe: Probe
    needs: tuple[str, ...]
    expression: Pattern[str]
    raw: bool

    def is_in(self, text: str) -> bool:
        """Whether the pattern is in a lower-case text."""
        return any(literal in text for literal in self.needs) and self.expression.search(text) is not None


class AttackStrings:
    """Built from ``lists/attack_strings.toml``."""

    def __init__(self, lists: Mapping[str, Any]) -> None:
        patterns = [_attack_pattern(one) for one in lists.get("pattern", ())]
        self._target = sorted(patterns, key=lambda one: -one.probe.level)
        self._header = [_attack_pattern(one) for one in lists.get("header", ())]

    def find_in_target(self, target: str) -> Probe:
        """The surest pattern in a raw request target."""
        raw = target[:MOST_CHARACTERS].lower()
        if raw.replace("/", "").replace("-", "").replace(".html", "").isalnum():
            return NO_PROBE
        decoded = _decoded(raw)
        for one in self._target:
            if one.is_in(raw if one.raw else decoded):
                return one.probe
        return NO_PROBE

    def find_in_header(self, text: str) -> Probe:
        """The surest pattern in a Referer or user agent."""
        lowered = text[:MOST_CHARACTERS].lower()
        if "%" in lowered:
            lowered = unquote_plus(lowered, errors="replace")
        for one in self._header:
            if one.is_in(lowered):
                return one.probe
        return NO_PROBE


def _attack_pattern(table: Mapping[str, Any]) -> AttackPattern:
    return AttackPattern(
        Probe(table["name"], ProbeLevel[table["level"].upper()]),
        tuple(table["needs"]),
        pattern(table["pattern"], IGNORECASE),
        bool(table.get("raw", False)),
    )


def _decoded(text: str) -> str:
    """All readings one after the other: what is hidden in one of them is found."""
    readings = [text]
    for _ in range(MOST_DECODINGS):
        if "%" not in readings[-1] and "+" not in readings[-1]:
            break
        reading = unquote_plus(readings[-1], errors="replace").lower()
        if reading == readings[-1]:
            break
        readings.append(reading)
    return readings[-1] if len(readings) < 3 else "\n&".join(readings[1:])
