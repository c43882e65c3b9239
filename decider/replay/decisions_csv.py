"""Decisions as CSV: ``time,ip,method,path,status,verdict,score,reasons``, one line a request, in order."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import TextIO

from decider.core.security_event import Reason
from decider.replay.replayer import Decision

HEADER = ("time", "ip", "method", "path", "status", "verdict", "score", "reasons")
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what begins so


def write_decisions(decisions: Iterable[Decision], file: TextIO) -> Iterator[Decision]:
    """Write each decision as it passes by."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADER)
    for decision in decisions:
        request = decision.request
        writer.writerow(
            (
                f"{request.time:.3f}",
                request.address,
                request.method,
                _harmless(request.target),
                request.status,
                "block" if decision.is_blocked else "allow",
                f"{decision.score:.4f}",
                reasons_text(decision.reasons),
            )
        )
        yield decision


def reasons_text(reasons: Iterable[Reason]) -> str:
    """``burst=0.62,regularity=0.41``."""
    return ",".join(f"{one.signal}={one.contribution:.2f}" for one in reasons)


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, on one line."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else "?" for character in text)
    text = text.encode("utf-8", "replace").decode("utf-8")
    return "'" + text if text.startswith(FORMULA_SIGNS) else text
