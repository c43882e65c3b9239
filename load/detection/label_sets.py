"""Logs with labelled clients: who was blocked, by group.

A set is a folder with one or more logs and ``labels.csv`` (columns ip, label, certainty). Clients whose
certainty is low, or whose label is in no group, are neither right nor wrong and are left out.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from load.detection.replaying import Decided

GROUPS: Mapping[str, frozenset[str]] = {
    "bad": frozenset({"attack", "scraper", "fake_bot"}),
    "human": frozenset({"human", "human_app", "human_nat"}),
    "good": frozenset({"good_bot", "api_client"}),
}
SURE = ("high", "medium")
NO_LOGS = ("labels.csv", "SOURCE.txt", "README.md")


@dataclass(slots=True)
class GroupScore:
    """Clients and requests of one group, and how many of them were blocked; the highest score of any."""

    clients: int = 0
    clients_blocked: int = 0
    requests: int = 0
    requests_blocked: int = 0
    highest: float = 0.0

    @property
    def request_share(self) -> float:
        """Blocked requests of all; 0 for no requests."""
        return self.requests_blocked / self.requests if self.requests else 0.0

    @property
    def client_share(self) -> float:
        """Clients ever blocked of all; 0 for no clients."""
        return self.clients_blocked / self.clients if self.clients else 0.0

    def add(self, other: GroupScore) -> None:
        """Sum up."""
        self.clients += other.clients
        self.clients_blocked += other.clients_blocked
        self.requests += other.requests
        self.requests_blocked += other.requests_blocked
        self.highest = max(self.highest, other.highest)


@dataclass(slots=True)
class SetScore:
    """One set, or the sum of several."""

    name: str
    groups: dict[str, GroupScore] = field(default_factory=lambda: {group: GroupScore() for group in GROUPS})

    @property
    def harms_nobody(self) -> bool:
        """Whether no human and no good bot was blocked."""
        return not (self.groups["human"].clients_blocked or self.groups["good"].clients_blocked)


def logs_of(folder: Path) -> list[Path]:
    """The logs of a set."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name not in NO_LOGS)


def read_labels(path: Path) -> dict[str, str]:
    """Address -> group."""
    with path.open(newline="", encoding="utf-8") as file:
        return {
            row["ip"]: group
            for row in csv.DictReader(file)
            if row["certainty"] in SURE
            for group, labels in GROUPS.items()
            if row["label"] in labels
        }


def score(name: str, labels: Mapping[str, str], decisions: Iterable[Decided]) -> SetScore:
    """Count what was decided about the labelled clients."""
    result = SetScore(name)
    seen: dict[str, bool] = {}
    for one in decisions:
        if one.address not in labels:
            continue
        group = result.groups[labels[one.address]]
        group.requests += 1
        group.requests_blocked += one.blocked
        group.highest = max(group.highest, one.score)
        seen[one.address] = seen.get(one.address, False) or one.blocked
    for address, blocked in seen.items():
        group = result.groups[labels[address]]
        group.clients += 1
        group.clients_blocked += blocked
    return result


def total(scores: Iterable[SetScore]) -> SetScore:
    """All sets as one."""
    result = SetScore("all sets")
    for one in scores:
        for name, group in one.groups.items():
            result.groups[name].add(group)
    return result
