"""A position among events as it stands in an address: ``2026-11-23T09:41:07.120000Z_1764000000000-0``."""

from __future__ import annotations

from datetime import UTC, datetime

from decider.core.security_event import clip

SEPARATOR = "_"
LONGEST_ID_CHARACTERS = 100


def cursor_text(cursor: tuple[datetime, str]) -> str:
    """For an address or a store of the browser."""
    return f"{cursor[0].astimezone(UTC).isoformat().replace('+00:00', 'Z')}{SEPARATOR}{cursor[1]}"


def cursor_from_text(text: object) -> tuple[datetime, str] | None:
    """None for whatever is no cursor."""
    if not isinstance(text, str):
        return None
    moment, separator, event_id = text.partition(SEPARATOR)
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        return None
    if not separator or parsed.tzinfo is None:
        return None
    return parsed, clip(event_id, LONGEST_ID_CHARACTERS)
