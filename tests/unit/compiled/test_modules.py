"""Compiled modules are taken while their sources are what they were compiled from, and never else."""

import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from pathlib import Path

import pytest

from decider.compiled.finder import CompiledFinder
from decider.compiled.modules import FOLDER, PROJECT, build_of, compiled_modules, sources

SUFFIX = EXTENSION_SUFFIXES[0]
SCORE = "decider.core.score"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two sources whose build holds one of them and what mypyc shares among all."""
    for name in ("decider/core/score.py", "decider/engine.py", "decider/app.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("LIMIT = 1\n")
    build = build_of(tmp_path)
    (build / "decider/core").mkdir(parents=True)
    (build / f"decider/core/score{SUFFIX}").touch()
    (build / f"shared__mypyc{SUFFIX}").touch()
    return tmp_path


def test_the_build_of_the_present_sources_is_taken(project: Path) -> None:
    file = build_of(project) / f"decider/core/score{SUFFIX}"
    assert compiled_modules(project) == {
        SCORE: file,
        "shared__mypyc": file.parents[2] / f"shared__mypyc{SUFFIX}",
    }


@pytest.mark.parametrize("changed", ["decider/core/score.py", "decider/engine.py"])
def test_an_edited_source_is_never_shadowed(project: Path, changed: str) -> None:
    (project / changed).write_text("LIMIT = 2\n")
    assert compiled_modules(project) == {}


def test_a_source_that_is_gone_or_new_makes_another_build(project: Path) -> None:
    before = build_of(project)
    (project / "decider/engine.py").rename(project / "decider/request_kinds.py")
    assert build_of(project) != before


def test_a_module_that_is_not_compiled_may_change(project: Path) -> None:
    (project / "decider/app.py").write_text("LIMIT = 2\n")
    assert SCORE in compiled_modules(project)


def test_without_a_build_nothing_is_compiled(tmp_path: Path) -> None:
    assert compiled_modules(tmp_path) == {}


def test_a_build_under_way_is_not_taken(project: Path) -> None:
    build_of(project).rename(project / FOLDER / "building-1")
    assert compiled_modules(project) == {}


def test_the_finder_answers_for_compiled_modules_alone(project: Path) -> None:
    finder = CompiledFinder(compiled_modules(project))
    spec = finder.find_spec(SCORE, None)
    assert spec is not None
    assert isinstance(spec.loader, ExtensionFileLoader)
    assert finder.find_spec("decider.engine", None) is None


def test_every_named_module_is_there_and_none_that_reads_strange_input() -> None:
    names = {path.stem for path in sources()}
    assert {"score", "engine", "burst", "replayer", "local_counters"} <= names
    # runtime checks of argument types would turn its own messages into TypeErrors
    assert "stream_entry" not in names


def test_every_process_takes_the_build_and_leaves_it_once_a_source_is_edited(project: Path) -> None:
    shutil.copytree(PROJECT / "decider/compiled", project / "decider/compiled")
    shutil.copy(PROJECT / "decider/__init__.py", project / "decider")
    command = [sys.executable, "-c", f"import {SCORE}"]
    taken = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert f"score{SUFFIX}: file too short" in taken.stderr  # an empty library, and not the source beside it
    (project / "decider/core/score.py").write_text("LIMIT = 2\n")
    assert subprocess.run(command, cwd=project, check=False).returncode == 0
