"""Bots at human pace (CERTH phase 1): browser-driven bots and people on one site, told apart by session only.

The lines carry no address but a session, so every session gets an address of its own. Nothing but behaviour
can tell: same user agents, same pages, human pace. Recall is reported as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from load.detection.label_sets import SetScore, score
from load.detection.replaying import replay

_LINE = re.compile(r'^- - (\[[^\]]+\] ".*" \d{3} \S+ "[^"]*") (\S+) ("[^"]*")\s*$')
_FIRST_ADDRESS = (198, 18, 0, 0)  # RFC 2544's test network, which no client has


def score_sessions(folder: Path) -> SetScore:
    """Replay all logs of a folder as one site."""
    groups = _groups(folder / "annotations")
    addresses: dict[str, str] = {}
    with TemporaryDirectory(prefix="sessions-") as place:
        log = Path(place) / "sessions.log"
        with log.open("w", encoding="utf-8") as file:
            for path in sorted((folder / "phase1_logs").iterdir()):
                file.writelines(_combined(path, addresses))
        labels = {addresses[session]: group for session, group in groups.items() if session in addresses}
        return score("bots at human pace", labels, replay([log]))


def _groups(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.iterdir()):
        for line in path.read_text(encoding="utf-8").splitlines():
            session, _, label = line.strip().partition(" ")
            if session:
                found[session] = "human" if label.strip() == "human" else "bad"
    return found


def _combined(path: Path, addresses: dict[str, str]) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        match = _LINE.match(line)
        if match is not None and match[2] != "-":
            address = addresses.setdefault(match[2], _address(len(addresses)))
            yield f"{address} - - {match[1]} {match[3]}\n"


def _address(number: int) -> str:
    first, second, _, _ = _FIRST_ADDRESS
    # far apart, so that no two sessions share a subnet
    return f"{first}.{second + number // 256 % 2}.{number % 256}.1"
