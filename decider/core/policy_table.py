"""One table of a policy file, read key by key; what is wrong with a value is noted, never raised.

Every reader returns a harmless value after noting a fault, so that one run finds all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from re import compile as pattern_of
from typing import Any, TypeVar

from decider.core.network import network_from_text
from decider.core.path import normalise
from decider.core.policy import Network, Ramp

Choice = TypeVar("Choice", bound=StrEnum)

NAME = pattern_of(r"[A-Za-z0-9_-]{1,64}")  # goes into headers, logs and chart legends
METHOD = pattern_of(r"[A-Z][A-Z-]{0,31}")  # the longest registered HTTP method has 17 characters
EXTENSION = pattern_of(r"\*\.[A-Za-z0-9._-]{1,32}")
LEAST_LIKENESS = 0.5  # half the letters: `first` still leads to `first_seconds`
MOST_RAMP = 1_000_000.0  # far beyond every count a window can hold
COUNTRY_CHARACTERS = 2  # ISO 3166-1 alpha-2


class PolicyTable:
    """``path`` names the table in faults (``signals.burst``); all tables of a file share ``faults``."""

    def __init__(self, values: Mapping[str, Any], path: str, faults: list[str]) -> None:
        self._values = values
        self._path = path
        self._faults = faults
        self.faulty = False  # whether one of its own values is wrong, which makes comparing them pointless

    def has(self, key: str) -> bool:
        """Whether the key is given."""
        return key in self._values

    def end(self, *known: str) -> None:
        """Note every key that means nothing here, with the nearest that does."""
        for key in self._values:
            if key not in known:
                near = get_close_matches(key, known, n=1, cutoff=LEAST_LIKENESS)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                self._faults.append(f"{self._name(key)} is unknown: {hint}")

    def table(self, key: str) -> PolicyTable:
        """A table inside this one; one that is missing or none is one fault, whatever it should hold."""
        value = self._given(key, "write a table")
        if isinstance(value, Mapping):
            return PolicyTable(value, self._name(key), self._faults)
        self.fault(key, value, "write a table")
        return PolicyTable({}, self._name(key), [])

    def tables(self, key: str) -> list[PolicyTable]:
        """An array of tables."""
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            self.fault(key, value, f"write [[{self._name(key)}]] tables")
            return []
        return [
            PolicyTable(one, f"{self._name(key)}[{place}]", self._faults)
            for place, one in enumerate(value, 1)
        ]

    def number(self, key: str, least: float, most: float) -> float:
        """A finite number within bounds."""
        remedy = f"write a number from {least:g} to {most:g}"
        value = self._given(key, remedy)
        if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
            return float(value)
        self.fault(key, value, remedy)
        return most

    def integer(self, key: str, least: int, most: int) -> int:
        """A whole number within bounds."""
        remedy = f"write a whole number from {least} to {most}"
        value = self._given(key, remedy)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.fault(key, value, remedy)
        return least

    def text(self, key: str) -> str:
        """A name that is safe in headers, keys and charts."""
        remedy = "write a name of up to 64 letters a-z, digits, - and _"
        value = self._given(key, remedy)
        if isinstance(value, str) and NAME.fullmatch(value):
            return value
        self.fault(key, value, remedy)
        return ""

    def choice(self, key: str, choices: type[Choice]) -> Choice:
        """One of a closed set."""
        remedy = f"write one of {', '.join(one.value for one in choices)}"
        value = self._given(key, remedy)
        if isinstance(value, str) and value in tuple(choices):
            return choices(value)
        self.fault(key, value, remedy)
        return next(iter(choices))

    def networks(self, key: str) -> tuple[Network, ...]:
        """Addresses and CIDR networks."""
        found = []
        for value in self._strings(key):
            try:
                found.append(network_from_text(value))
            except ValueError as error:
                self.fault(key, value, str(error))
        return tuple(found)

    def switch(self, key: str) -> bool:
        """true or false."""
        value = self._given(key, "write true or false")
        if not isinstance(value, bool):
            self.fault(key, value, "write true or false")
            return False
        return value

    def names(self, key: str) -> frozenset[str]:
        """Names of routes."""
        self._given(key, 'write a list of route names like ["login"]')
        return frozenset(self._strings(key))

    def countries(self, key: str) -> frozenset[str]:
        """ISO-2 country codes."""
        for value in self._strings(key):
            if len(value) != COUNTRY_CHARACTERS or not value.isascii() or not value.isupper():
                self.fault(key, value, 'write a country code of two capitals, like "DE"')
        return frozenset(self._strings(key))

    def statuses(self, key: str) -> frozenset[int]:
        """HTTP status codes."""
        value = self._given(key, "write a list like [200, 302]")
        if not isinstance(value, list) or not all(type(one) is int and 100 <= one <= 599 for one in value):
            self.fault(key, value, "write a list like [200, 302]")
            return frozenset()
        return frozenset(value)

    def paths(self, key: str) -> tuple[str, ...]:
        """Route patterns: exact, prefix or extension, as normalised paths are compared with them."""
        remedy = 'write a list like ["/checkout", "/checkout/*", "*.pdf"]'
        if self._given(key, remedy) == []:
            self.fault(key, [], remedy)
        patterns = self._strings(key)
        for pattern in patterns:
            if EXTENSION.fullmatch(pattern):
                continue
            path = pattern.removesuffix("*")
            if "*" in path or not path.startswith("/") or (path != pattern and not path.endswith("/")):
                self.fault(key, pattern, 'write "/exact", "/prefix/*" or "*.extension"')
            elif normalise(path) != path:
                read = normalise(path) + pattern[len(path) :]
                self.fault(key, pattern, f"paths are compared without query, decoded once: write {read!r}")
        return patterns

    def methods(self, key: str) -> frozenset[str]:
        """HTTP methods in capitals; none means any."""
        methods = self._strings(key)
        for method in methods:
            if not METHOD.fullmatch(method):
                self.fault(key, method, 'write methods in capitals, like "POST"')
        return frozenset(methods)

    def ramp(self, key: str, model: Ramp | None) -> Ramp:
        """``{ start = 0.0, full = 1.0 }``, different numbers from 0 up, running the way of the model."""
        table = self.table(key)
        table.end("start", "full")
        ramp = Ramp(table.number("start", 0.0, MOST_RAMP), table.number("full", 0.0, MOST_RAMP))
        if table.faulty:
            return ramp
        if ramp.start == ramp.full:
            table.fault("full", ramp.full, "start and full must differ")
        elif model is not None and (ramp.full > ramp.start) is not (model.full > model.start):
            more = "more" if model.full > model.start else "less"
            table.fault("full", ramp.full, f"write {more} than start ({ramp.start:g}), as it is shipped")
        return ramp

    def fault(self, key: str, value: Any, remedy: str) -> None:
        """Note a wrong value; a missing one is noted already."""
        self.faulty = True
        if value is not _NOTED:
            self._faults.append(f"{self._name(key)} = {value!r:.80}: {remedy}")

    def _strings(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.fault(key, value, "write a list of texts")
            return ()
        return tuple(value)

    def _given(self, key: str, remedy: str) -> Any:
        if key not in self._values:
            self.faulty = True
            self._faults.append(f"{self._name(key)} is missing: {remedy}")
            return _NOTED
        return self._values[key]

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


class _Noted:
    """Stands for a missing value whose fault is noted already."""


_NOTED = _Noted()
