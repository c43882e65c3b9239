"""What is looked for among events: the filters of an address, ``?kind=ban_started&country=SG&text=python``.

Whatever an address holds becomes a filter or nothing: it may come from anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from urllib.parse import parse_qs, urlencode

from decider.core.security_event import EventKind, clip

LONGEST_FILTER_CHARACTERS = 100  # longer than any address, id or route, short enough for a pattern
MOST_ASN = 2**32 - 1  # network numbers have 32 bits


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Empty fields ask nothing. All but ``text`` are compared whole; ``text`` is found anywhere."""

    client: str = ""
    kind: str = ""
    country: str = ""
    asn: int = 0
    route: str = ""
    signal: str = ""
    request_id: str = ""
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether everything is shown."""
        return self == EventFilter()

    def to_query(self) -> dict[str, str]:
        """The filled fields as they stand in an address."""
        return {name: str(value) for name in FIELD_NAMES if (value := getattr(self, name))}

    def to_search(self, **more: str) -> str:
        """``?client=203.0.113.7&range=1h``; ``more`` comes first."""
        query = {name: value for name, value in more.items() if value} | self.to_query()
        return f"?{urlencode(query)}" if query else ""


FIELD_NAMES = tuple(field.name for field in fields(EventFilter))


def filter_from_search(search: str | None) -> EventFilter:
    """The filters in the query of an address (with ``?`` or without). Never raises."""
    try:
        asked = parse_qs((search or "").removeprefix("?"), max_num_fields=100)
    except ValueError:
        return EventFilter()
    return filter_from_fields({name: asked.get(name, [""])[0] for name in FIELD_NAMES})


def filter_from_fields(asked: dict[str, str | None]) -> EventFilter:
    """The same from the fields of a form; what no event can have asks nothing."""
    texts = {name: _clean(asked.get(name)) for name in FIELD_NAMES}
    kind = texts["kind"] if texts["kind"] in tuple(EventKind) else ""
    digits = texts["asn"].upper().removeprefix("AS")
    asn = int(digits) if digits.isascii() and digits.isdigit() and int(digits) <= MOST_ASN else 0
    return EventFilter(
        client=texts["client"],
        kind=kind,
        country=texts["country"].upper(),
        asn=asn,
        route=texts["route"],
        signal=texts["signal"],
        request_id=texts["request_id"],
        text=texts["text"],
    )


def range_query(search: str | None) -> dict[str, str]:
    """The part of an address that names its time range, to be kept when filters change."""
    try:
        asked = parse_qs((search or "").removeprefix("?"), max_num_fields=100)
    except ValueError:
        return {}
    return {name: clip(asked[name][0], 40) for name in ("range", "from", "to") if name in asked}


def search_of(query: dict[str, object]) -> str:
    """The query that Dash read for a layout, as the search it came from."""
    return f"?{urlencode(query, doseq=True)}" if query else ""


def _clean(value: object) -> str:
    # as the decider stores texts: a search for what was clipped finds it
    return clip(value.strip(), LONGEST_FILTER_CHARACTERS) if isinstance(value, str) else ""
