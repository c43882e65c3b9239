"""Log lines that programs can read: an event's name and its fields, always one line.

mongodb_unreachable error="127.0.0.1:27017: connection refused" waiting_events=1000
"""

from __future__ import annotations

import json
import re

VALUE_CHARACTERS = 300  # attackers write some of these values
_PLAIN = re.compile(r"[A-Za-z0-9_.:/@+\[\]-]+")


def log_line(event: str, **fields: object) -> str:
    """The line; a value that is not plain is quoted as in JSON, so that it cannot break or forge a line."""
    return " ".join([event, *(f"{name}={_value(value)}" for name, value in fields.items())])


def _value(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    text = text[:VALUE_CHARACTERS]
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
