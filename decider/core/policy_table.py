"""One table of a policy file, read key by key; what is wrong with a value is noted, never raised.

Every reader returns a harmless value after noting a fault, so that one run finds all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import ip_network
from math import isfinite
from typing import Any, TypeVar

from decider.core.policy import Network, Ramp

Choice = TypeVar("Choice", bound=StrEnum)

COUNTRY_CHARACTERS = 2  # ISO 3166-1 alpha-2
METHOD_CHARACTERS = 32  # the longest registered HTTP method has 17


class PolicyTable:
    """``path`` names the table in faults (``signals.burst``); all tables of a file share ``faults``."""

    def __init__(self, values: Mapping[str, Any], path: str, faults: list[str]) -> None:
        self._values = values
        self._path = path
        self._faults = faults

    def has(self, key: str) -> bool:
        """Whether the key is given."""
        return key in self._values

    def end(self, *known: str) -> None:
        """Note every key that means nothing here, with the nearest that does."""
        for key in self._values:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                self._faults.append(f"{self._name(key)} is unknown: {hint}")

    def table(self, key: str) -> PolicyTable:
        """A table inside this one."""
        value = self._values.get(key, {})
        if not isinstance(value, Mapping):
            self._fault(key, value, "write a table")
            value = {}
        return PolicyTable(value, self._name(key), self._faults)

    def tables(self, key: str) -> list[PolicyTable]:
        """An array of tables."""
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            self._fault(key, value, f"write [[{self._name(key)}]] tables")
            return []
        return [
            PolicyTable(one, f"{self._name(key)}[{place}]", self._faults)
            for place, one in enumerate(value, 1)
        ]

    def number(self, key: str, least: float, most: float) -> float:
        """A finite number within bounds."""
        remedy = f"write a number from {least:g} to {most:g}"
        value = self._given(key, remedy)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and isfinite(value) and least <= value <= most:
            return float(value)
        self._fault(key, value, remedy)
        return most

    def integer(self, key: str, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self._given(key, f"write a whole number from {least} to {most}")
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self._fault(key, value, f"write a whole number from {least} to {most}")
            return least
        return value

    def text(self, key: str) -> str:
        """A name that is safe in headers, keys and charts."""
        value = self._given(key, "write a name of letters, digits, - and _")
        if not isinstance(value, str) or not value.replace("-", "").replace("_", "").isalnum():
            self._fault(key, value, "write a name of letters, digits, - and _")
            return ""
        return value

    def choice(self, key: str, choices: type[Choice]) -> Choice:
        """One of a closed set."""
        words = ", ".join(one.value for one in choices)
        value = self._given(key, f"write one of {words}")
        if value not in tuple(choices):
            self._fault(key, value, f"write one of {words}")
            return next(iter(choices))
        return choices(value)

    def networks(self, key: str) -> tuple[Network, ...]:
        """Addresses and CIDR networks."""
        found = []
        for value in self._strings(key):
            try:
                found.append(ip_network(value, strict=True))
            except ValueError as error:
                self._fault(key, value, f"write an address or a network like 203.0.113.0/24 ({error})")
        return tuple(found)

    def switch(self, key: str) -> bool:
        """true or false."""
        value = self._given(key, "write true or false")
        if not isinstance(value, bool):
            self._fault(key, value, "write true or false")
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
                self._fault(key, value, 'write a country code of two capitals, like "DE"')
        return frozenset(self._strings(key))

    def statuses(self, key: str) -> frozenset[int]:
        """HTTP status codes."""
        value = self._given(key, "write a list like [200, 302]")
        if not isinstance(value, list) or not all(type(one) is int and 100 <= one <= 599 for one in value):
            self._fault(key, value, "write a list like [200, 302]")
            return frozenset()
        return frozenset(value)

    def paths(self, key: str) -> tuple[str, ...]:
        """Route patterns: exact, prefix or extension."""
        self._given(key, 'write a list like ["/checkout", "/checkout/*"]')
        patterns = self._strings(key)
        for pattern in patterns:
            stars = pattern.count("*")
            prefix = pattern.startswith("/") and (stars == 0 or (stars == 1 and pattern.endswith("/*")))
            extension = pattern.startswith("*.") and stars == 1 and "/" not in pattern
            if not (prefix or extension):
                self._fault(key, pattern, 'write "/exact", "/prefix/*" or "*.extension"')
        return patterns

    def methods(self, key: str) -> frozenset[str]:
        """HTTP methods in capitals; none means any."""
        methods = self._strings(key)
        for method in methods:
            if not method.isascii() or not method.isupper() or len(method) > METHOD_CHARACTERS:
                self._fault(key, method, 'write methods in capitals, like "POST"')
        return frozenset(methods)

    def ramp(self, key: str) -> Ramp:
        """``{ start = 0.0, full = 1.0 }``, two different numbers from 0 up."""
        self._given(key, "write { start = ..., full = ... }")
        table = self.table(key)
        table.end("start", "full")
        ramp = Ramp(table.number("start", 0.0, 1e9), table.number("full", 0.0, 1e9))
        if ramp.start == ramp.full:
            self._fault(key, ramp.full, "start and full must differ")
            return Ramp(0.0, 1.0)
        return ramp

    def _strings(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._fault(key, value, "write a list of texts")
            return ()
        return tuple(value)

    def _given(self, key: str, remedy: str) -> Any:
        if key not in self._values:
            self._faults.append(f"{self._name(key)} is missing: {remedy}")
            return _NOTED
        return self._values[key]

    def _fault(self, key: str, value: Any, remedy: str) -> None:
        if value is not _NOTED:
            self._faults.append(f"{self._name(key)} = {value!r:.80}: {remedy}")

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


class _Noted:
    """Stands for a missing value whose fault is noted already."""


_NOTED = _Noted()
