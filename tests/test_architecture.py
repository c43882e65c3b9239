"""The arrows of ARCHITECTURE.md, executable.

Each package names the modules it must never import; the core may not even
ask what time it is, because a verdict must be reproducible from its inputs.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

STORE_DRIVERS = {"redis", "pymongo", "geoip2", "maxminddb", "dns"}
WEB_FRAMEWORKS = {"falcon", "dash", "flask", "uvicorn", "gunicorn"}
DRIVERS = STORE_DRIVERS | WEB_FRAMEWORKS
IMPURE = {"time", "random", "os", "logging", "socket", "uuid", "threading", "asyncio", "subprocess"}
ROOTS = {
    "decider.app",
    "decider.asgi",
    "decider.recorder",
    "decider.cli",
    "decider.commands",
    "decider.stack",
}

# A package (or file) and what nothing in it may import.
FORBIDDEN = {
    "decider": {"dash_app", "load", "tests"},
    "decider/core": DRIVERS | IMPURE | ROOTS | {"decider.web", "decider.stores", "decider.settings"},
    "decider/web": (DRIVERS - {"falcon", "uvicorn"}) | ROOTS | {"decider.stores"},
    "decider/decide.py": DRIVERS
    | (IMPURE - {"logging", "asyncio"})
    | ROOTS
    | {"decider.web", "decider.stores", "decider.settings"},
    "decider/stores": WEB_FRAMEWORKS | ROOTS | {"decider.web", "decider.decide"},
    "decider/stack": DRIVERS | {"decider.web", "decider.decide", "decider.recorder"},
    "decider/recorder": DRIVERS | {"decider.web", "decider.decide", "decider.stack"},
    "decider/commands": DRIVERS | {"decider.web", "decider.stack"},
    "dash_app": {"decider", "load", "tests", "redis", "geoip2", "falcon"},
    "load": {"decider", "dash_app", "tests"},
    "tests/system": {"decider", "dash_app"},
}
# The contracts that two sides share.
SHARED = {
    "dash_app": ("decider.core.security_event", "decider.core.worker_status"),
    "load": ("decider.replay", "decider.core.errors"),  # access logs are read in one way
}
# Files that wire two sides together, and what they alone may import.
ROOT_FILES = {
    "load/bench/engine_cost.py": (
        *("decider.compiled", "decider.core", "decider.engine", "decider.knowledge"),
        "decider.policy_source",
    ),
    "dash_app/operator_desk.py": (
        *("decider.commands.session", "decider.operator_actions", "decider.settings", "decider.core"),
    ),
}
# Drivers that only the files named here may import, wherever they lie.
ONLY_IN = {
    **dict.fromkeys(STORE_DRIVERS - {"pymongo"}, ("decider/stores/",)),
    "pymongo": ("decider/stores/", "dash_app/"),
}

CLOCKS = {"now", "today", "utcnow"}
LONGEST_FILE_LINES = 300
OURS = ("decider", "dash_app", "load", "tests")
CODE_SUFFIXES = {".py", ".lua"}


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Every imported name in full, also those imported inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_under(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(prefix + ".")


def sources(path: Path) -> list[Path]:
    return [path] if path.suffix else sorted(path.rglob("*.py"))


def violations(root: Path) -> Iterator[str]:
    for package, banned in FORBIDDEN.items():
        for path in sources(root / package):
            name = path.relative_to(root).as_posix()
            shared = (*SHARED.get(package, ()), *ROOT_FILES.get(name, ()))
            for module in imports_of(ast.parse(path.read_text(encoding="utf-8"))):
                against = any(is_under(module, prefix) for prefix in banned)
                if against and not any(is_under(module, prefix) for prefix in shared):
                    yield f"{name} imports {module}"


def stray_drivers(root: Path) -> Iterator[str]:
    for package in ("decider", "dash_app"):
        for path in sources(root / package):
            name = path.relative_to(root).as_posix()
            for module in imports_of(ast.parse(path.read_text(encoding="utf-8"))):
                homes = ONLY_IN.get(module.partition(".")[0])
                if homes is not None and not name.startswith(homes):
                    yield f"{name} imports {module}, which belongs in {' or '.join(homes)}"
                elif homes is not None and name.startswith("dash_app/") and "reader" not in path.stem:
                    yield f"{name} imports {module}: in dash_app only a reader does"


def clock_calls(root: Path) -> Iterator[str]:
    for path in sources(root / "decider/core"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in CLOCKS:
                yield f"{path.relative_to(root)}:{node.lineno} reads a clock"


def code_files(root: Path) -> Iterator[Path]:
    for package in OURS:
        yield from (path for path in sorted((root / package).rglob("*")) if path.suffix in CODE_SUFFIXES)


def test_no_module_imports_against_the_arrows() -> None:
    assert list(violations(ROOT)) == []


def test_drivers_are_imported_only_where_they_belong() -> None:
    assert list(stray_drivers(ROOT)) == []


def test_the_core_never_reads_a_clock() -> None:
    assert list(clock_calls(ROOT)) == []


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_bytes().splitlines()) for path in code_files(ROOT)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE_LINES} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "manager", "common", "misc"}
    assert [path for path in code_files(ROOT) if path.stem in empty] == []


def test_the_guard_itself_sees_a_wrong_import(tmp_path: Path) -> None:
    for package in FORBIDDEN:
        target = tmp_path / package
        (target.parent if target.suffix else target).mkdir(parents=True, exist_ok=True)
        if target.suffix:
            target.write_text("")
    (tmp_path / "decider/core/score.py").write_text(
        "def f():\n    from time import time\n    return x.now()\n"
    )
    (tmp_path / "dash_app/pages.py").write_text(
        "import pymongo\nfrom decider.core.security_event import SecurityEvent\n"
        "from decider.app import create_app\n"
    )
    assert list(violations(tmp_path)) == [
        "decider/core/score.py imports time.time",
        "dash_app/pages.py imports decider.app.create_app",
    ]
    assert list(clock_calls(tmp_path)) == ["decider/core/score.py:3 reads a clock"]
    assert list(stray_drivers(tmp_path)) == [
        "dash_app/pages.py imports pymongo: in dash_app only a reader does"
    ]
