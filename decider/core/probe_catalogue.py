"""The catalogue of probes as lookups: what a path says about whoever asks for it.

Built from ``lists/probe_paths.toml``; sets and one pass over the segments, because it runs for every path
that has not been seen lately.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class ProbeLevel(IntEnum):
    """How sure a probe is; also the order of their weight."""

    NONE = 0
    DOUBTFUL = 1
    LIKELY = 2
    UNMISTAKABLE = 3


@dataclass(frozen=True, slots=True)
class Probe:
    """What was recognised: the family's or pattern's name, and how sure that is."""

    name: str = ""
    level: ProbeLevel = ProbeLevel.NONE


NO_PROBE = Probe()


@dataclass(frozen=True, slots=True)
class PathMatcher:
    """Names, beginnings of names, whole paths, roots and endings as in the list file; all lower case."""

    names: frozenset[str]
    paths: frozenset[str]
    name_beginnings: tuple[str, ...]
    roots: Mapping[str, tuple[str, ...]]  # first segment -> roots that begin with it
    endings: tuple[str, ...]

    def matches(self, path: str, segments: list[str]) -> bool:
        """Whether a lower-case path, and the same split at its slashes, is meant."""
        if not self.names.isdisjoint(segments) or path in self.paths or path.endswith(self.endings):
            return True
        if self.name_beginnings and any(one.startswith(self.name_beginnings) for one in segments):
            return True
        return self.is_rooted(path, segments)

    def is_rooted(self, path: str, segments: list[str]) -> bool:
        """Whether one of the roots is above it."""
        first = segments[1] if len(segments) > 1 else ""
        return any(_is_under(path, root) for root in self.roots.get(first, ()))


def path_matcher(table: Mapping[str, Any]) -> PathMatcher:
    """A matcher of one family of the list file."""
    roots: dict[str, list[str]] = {}
    for root in table.get("roots", ()):
        roots.setdefault(root.split("/")[1], []).append(root)
    return PathMatcher(
        frozenset(table.get("names", ())),
        frozenset(one for path in table.get("paths", ()) for one in (path, f"{path}/")),
        tuple(table.get("name_beginnings", ())),
        {first: tuple(some) for first, some in roots.items()},
        tuple(table.get("endings", ())),
    )


class ProbeCatalogue:
    """``find`` tells the surest family of a path; the other methods ask one list each."""

    def __init__(self, lists: Mapping[str, Any]) -> None:
        self._families = sorted(
            (
                (Probe(family["name"], ProbeLevel[family["level"].upper()]), path_matcher(family))
                for family in lists.get("family", ())
            ),
            key=lambda one: -one[0].level,
        )
        self._login = path_matcher(lists.get("login", {}))
        self._courtesy = path_matcher(lists.get("courtesy", {}))
        self._feed = path_matcher(lists.get("feed", {}))

    def find(self, path: str, segments: list[str]) -> Probe:
        """The surest probe this path is."""
        for probe, matcher in self._families:
            if matcher.matches(path, segments):
                return probe
        return NO_PROBE

    def is_login(self, path: str, segments: list[str]) -> bool:
        """Whether a write to this path is an attempt to log in or to register: its last segment says so."""
        last = segments[-1] or segments[-2] if len(segments) > 1 else ""
        return last in self._login.names or self._login.is_rooted(path, segments)

    def is_courtesy(self, path: str, segments: list[str]) -> bool:
        """Whether software asks for this path by itself."""
        return self._courtesy.matches(path, segments)

    def is_feed(self, path: str, segments: list[str]) -> bool:
        """Whether this path is a feed, which programs ask for that nothing leads there."""
        return self._feed.matches(path, segments)


def surest(probes: Iterable[Probe]) -> Probe:
    """The one with the highest level; none of several stays none."""
    return max(probes, key=lambda probe: probe.level, default=NO_PROBE)


def _is_under(path: str, root: str) -> bool:
    if not path.startswith(root):
        return False
    return len(path) == len(root) or root.endswith("/") or path[len(root)] in "/.;?" or root[-1] == "."
