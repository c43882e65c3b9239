"""Finds compiled modules before Python finds their sources."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

from decider.compiled.modules import compiled_modules


class CompiledFinder(MetaPathFinder):
    """Answers for the modules given, by full name, and for no other."""

    def __init__(self, modules: Mapping[str, Path]) -> None:
        self.modules = modules

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The compiled module of that name, if there is one."""
        file = self.modules.get(fullname)
        return None if file is None else spec_from_file_location(fullname, file)


def use_compiled_modules() -> None:
    """Import compiled modules from now on, where there are any of the present sources."""
    modules = compiled_modules()
    if modules:
        sys.meta_path.insert(0, CompiledFinder(modules))


def is_compiled() -> bool:
    """Whether this process runs the compiled engine."""
    return any(isinstance(finder, CompiledFinder) for finder in sys.meta_path)
