"""Runs `python -m decider replay` on log files, and reads the decisions it wrote."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

REPLAY_SECONDS = 240  # a hundred thousand lines take ten


@dataclass(frozen=True, slots=True)
class Decided:
    """One row of the decisions."""

    time: float
    address: str
    blocked: bool
    score: float


def replay(logs: Sequence[Path], *options: str) -> list[Decided]:
    """Every decision on these logs, in time order. Raises RuntimeError with what the command said."""
    with TemporaryDirectory(prefix="detection-") as folder:
        out = Path(folder) / "decisions.csv"
        command = [sys.executable, "-m", "decider", "replay", "--out", str(out), *options, *map(str, logs)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=REPLAY_SECONDS, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip() or done.stdout.strip())
        return list(_rows(out)) if out.exists() else []


def _rows(path: Path) -> Iterator[Decided]:
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield Decided(float(row["time"]), row["ip"], row["verdict"] == "block", float(row["score"]))
