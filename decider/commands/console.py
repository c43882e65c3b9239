"""How commands answer: lines for people, one JSON document for programs, faults on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

EXIT_DONE, EXIT_FAILED = 0, 1


class Console:
    """``as_json`` chooses what ``answer`` prints."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def answer(self, document: Mapping[str, Any] | Sequence[Any], lines: Sequence[str]) -> int:
        """Print the document or the lines; exit status 0."""
        print(json.dumps(document, indent=2) if self._as_json else "\n".join(map(printable, lines)))
        return EXIT_DONE

    def failed(self, *faults: str) -> int:
        """Print every fault; exit status 1."""
        if self._as_json:
            print(json.dumps({"faults": faults}, indent=2))
        for fault in faults:
            print(f"decider: {printable(fault)}", file=sys.stderr)
        return EXIT_FAILED


def printable(text: str) -> str:
    """Attacker's text as text: no control characters, so that none reaches the terminal."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
