"""What is looked for among events: the filters of an address, ``?country=SG&not_route=login``.

Whatever an address holds becomes a filter or nothing: it may come from anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode

from decider.core.security_event import TEXT_LIMIT_CHARACTERS, EventKind, SecurityEvent, clip

LONGEST_FILTER_CHARACTERS = 100  # longer than any address, id or route, short enough for a pattern
MOST_ASN = 2**32 - 1  # network numbers have 32 bits
MOST_EXCLUDED = 10  # of one field: more is a filter to be written the other way round
NOT = "not_"  # before a field: its value is excluded

#: The fields of the form on the Events page.
FIELD_NAMES = ("client", "kind", "country", "asn", "route", "signal", "request_id", "text")
#: Those of which any value may be excluded. They go along from page to page: assets/shell.js has them, too.
CARRIED_NAMES = ("country", "asn", "route", "signal", "user_agent")
_INCLUDED_NAMES = (*FIELD_NAMES, "user_agent")


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Empty fields ask nothing. All but ``text`` are compared whole; ``text`` is found anywhere.

    ``excluded`` are (field of ``CARRIED_NAMES``, value) in the order of the address, as texts.
    """

    client: str = ""
    kind: str = ""
    country: str = ""
    asn: int = 0
    route: str = ""
    signal: str = ""
    request_id: str = ""
    text: str = ""
    user_agent: str = ""
    excluded: tuple[tuple[str, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything is shown."""
        return self == EventFilter()

    @property
    def carried(self) -> EventFilter:
        """Only what every page understands."""
        return replace(
            EventFilter(excluded=self.excluded), **{one: getattr(self, one) for one in CARRIED_NAMES}
        )

    @property
    def fields_asked(self) -> frozenset[str]:
        """The names of fields that are compared with something, or excluded by something."""
        filled = {name for name in _INCLUDED_NAMES if getattr(self, name)}
        return frozenset(filled | {name for name, _ in self.excluded})

    def excluded_of(self, field: str) -> tuple[str, ...]:
        """The values of one field that nothing may have."""
        return tuple(value for name, value in self.excluded if name == field)

    def parts(self) -> list[tuple[str, str]]:
        """What is asked, one (name in the address, value) each."""
        return [*self.to_query().items(), *((NOT + name, value) for name, value in self.excluded)]

    def including(self, field: str, value: str) -> EventFilter:
        """Only this value of the field; it is excluded no more."""
        rest = tuple(one for one in self.excluded if one != (field, value))
        if field == "asn":
            return replace(self, excluded=rest, asn=int(value))
        return replace(self, excluded=rest, **{field: value})  # type: ignore[arg-type]  # a text field by name

    def excluding(self, field: str, value: str) -> EventFilter:
        """Everything but this value of the field, and what was excluded before."""
        asked = {field: type(getattr(self, field))()} if str(getattr(self, field)) == value else {}
        excluded = tuple(dict.fromkeys((*self.excluded, (field, value))))
        return replace(self, excluded=excluded, **asked)

    def without(self, name: str, value: str) -> EventFilter:
        """The same without one of its ``parts``."""
        if name.startswith(NOT):
            part = (name.removeprefix(NOT), value)
            return replace(self, excluded=tuple(one for one in self.excluded if one != part))
        return replace(self, **{name: type(getattr(self, name))()})

    def matches(self, event: SecurityEvent) -> bool:
        """Whether an event has what ``carried`` asks for, as the database compares in ``conditions``."""
        return all(
            asked in values_of(event, field)
            for field in CARRIED_NAMES
            if (asked := str(getattr(self, field) or ""))
        ) and not any(value in values_of(event, field) for field, value in self.excluded)

    def to_query(self) -> dict[str, str]:
        """The filled fields as they stand in an address."""
        return {name: str(value) for name in _INCLUDED_NAMES if (value := getattr(self, name))}

    def to_search(self, **more: str) -> str:
        """``?range=1h&client=203.0.113.7&not_country=DE``; ``more`` comes first."""
        query = [*((name, value) for name, value in more.items() if value), *self.parts()]
        return f"?{urlencode(query)}" if query else ""


def values_of(event: SecurityEvent, field: str) -> tuple[str, ...]:
    """What an event has in a field of ``CARRIED_NAMES``, as texts: several signals, or one of the others."""
    if field == "signal":
        return tuple(one.signal for one in event.reasons)
    return (str(getattr(event, field)),)


def filter_from_search(search: str | None) -> EventFilter:
    """The filters in the query of an address (with ``?`` or without). Never raises."""
    asked = _query(search)
    fields = {name: asked.get(name, [""])[0] for name in _INCLUDED_NAMES}
    excluded = [(name, value) for name in CARRIED_NAMES for value in asked.get(NOT + name, ())]
    return replace(filter_from_fields(fields), excluded=_excluded(excluded))


def filter_from_fields(asked: Mapping[str, str | None]) -> EventFilter:
    """The same from the fields of a form; what no event can have asks nothing."""
    texts = {name: _clean(asked.get(name)) for name in FIELD_NAMES}
    return EventFilter(
        client=texts["client"],
        kind=texts["kind"] if texts["kind"] in tuple(EventKind) else "",
        country=texts["country"].upper(),
        asn=_asn(texts["asn"]),
        route=texts["route"],
        signal=texts["signal"],
        request_id=texts["request_id"],
        text=texts["text"],
        user_agent=_clean(asked.get("user_agent"), TEXT_LIMIT_CHARACTERS),
    )


def range_query(search: str | None) -> dict[str, str]:
    """The part of an address that names its time range, to be kept when filters change."""
    asked = _query(search)
    return {name: clip(asked[name][0], 40) for name in ("range", "from", "to") if name in asked}


def search_of(query: dict[str, object]) -> str:
    """The query that Dash read for a layout, as the search it came from."""
    return f"?{urlencode(query, doseq=True)}" if query else ""


def _query(search: str | None) -> dict[str, list[str]]:
    try:
        return parse_qs((search or "").removeprefix("?"), max_num_fields=100)
    except ValueError:
        return {}


def _excluded(asked: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    found: dict[tuple[str, str], None] = {}
    for field, text in asked:
        value = _clean(text, TEXT_LIMIT_CHARACTERS if field == "user_agent" else LONGEST_FILTER_CHARACTERS)
        value = value.upper() if field == "country" else value
        value = str(_asn(value) or "") if field == "asn" else value
        if value and sum(name == field for name, _ in found) < MOST_EXCLUDED:
            found[field, value] = None
    return tuple(found)


def _asn(text: str) -> int:
    digits = text.upper().removeprefix("AS")
    return int(digits) if digits.isascii() and digits.isdigit() and int(digits) <= MOST_ASN else 0


def _clean(value: object, limit: int = LONGEST_FILTER_CHARACTERS) -> str:
    # as the decider stores texts: a search for what was clipped finds it
    return clip(value.strip(), limit) if isinstance(value, str) else ""
