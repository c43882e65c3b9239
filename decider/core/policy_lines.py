"""In which line of a policy file a key stands, so that a fault can be found with one jump of the editor.

The TOML parser of the standard library keeps no positions; this reads the headers and keys of a file that
has been parsed already. A line that only looks like one (inside a text of several lines) may be pointed to.
"""

from __future__ import annotations

import re
from collections import Counter

HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\-\s]+?)\s*\]")
KEY = re.compile(r"\s*([A-Za-z0-9_.\-]+)\s*=")


def line_of(text: str, path: str) -> int | None:
    """The line (from 1) of ``route[2].paths``, or of its table where the key is not in the file."""
    nearest: dict[str, int] = {}
    table, seen = "", Counter[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if header := HEADER.match(line):
            table = header[2]
            if header[1] == "[[":
                seen[table] += 1
                table = f"{table}[{seen[table]}]"
            nearest.setdefault(table, number)
        elif key := KEY.match(line):
            nearest.setdefault(f"{table}.{key[1]}" if table else key[1], number)
    while path:
        if path in nearest:
            return nearest[path]
        path = path.rpartition(".")[0]
    return None
