"""Which modules are compiled, and where their compiled form lies."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from hashlib import sha256
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = ".compiled"
MODULES = "modules"  # of a build under way

# What a decision, a replayed line or a line of a flood passes through, and no more: each module adds to the
# minute and a half of compiling.
# ``crawler`` is not among them: mypyc 2.4 takes the cached function inside its check for unbound.
COMPILED = (
    *(
        f"decider/core/{name}.py"
        for name in (
            *(
                "access_line",
                "agent",
                "attack_strings",
                "ban",
                "browser_age",
                "busy_subnets",
                "client_key",
                "client_record",
            ),
            *(
                "counting",
                "evidence",
                "geo",
                "hit",
                "membership",
                "network",
                "network_list",
                "origin",
                "path",
            ),
            *("path_template", "policy", "probe_catalogue", "record_layout", "relevance", "request_facts"),
            *("request_kind", "request_traits", "route", "score", "shared_addresses", "site_knowledge"),
            *("subnet_offenders", "tally", "traffic_second", "verdict", "visitor"),
        )
    ),
    "decider/core/signals/*.py",
    "decider/engine.py",
    "decider/request_kinds.py",
    "decider/recorder/access_log_reader.py",
    "decider/recorder/feedback.py",
    "decider/recorder/line_memory.py",
    "decider/replay/logged_request.py",
    "decider/replay/packed_requests.py",
    "decider/replay/replayer.py",
    "decider/replay/summary.py",
    "decider/stores/local_counters.py",
    *(
        f"decider/stores/{name}.py"
        for name in ("redis_counters", "redis_queue", "redis_script", "redis_wire")
    ),
    *(f"decider/web/{name}.py" for name in ("admission", "decisions", "nginx_request", "outbox")),
    "decider/decide.py",
    "decider/worker_totals.py",
)
DIGEST_LENGTH = 16  # hexadecimal digits: 64 bits, for a handful of builds


def sources(project: Path = PROJECT) -> list[Path]:
    """The files to compile, in a fixed order."""
    found = (path for pattern in COMPILED for path in sorted(project.glob(pattern)))
    return [path for path in found if path.name != "__init__.py"]


def digest(project: Path = PROJECT) -> str:
    """What a build depends on: names and contents of the sources, and this Python."""
    content = sha256(f"{sys.version} {EXTENSION_SUFFIXES[0]}".encode())
    for path in sources(project):
        content.update(path.relative_to(project).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return content.hexdigest()[:DIGEST_LENGTH]


def build_of(project: Path = PROJECT) -> Path:
    """The folder of the build of the present sources, whether it is there or not."""
    return project / FOLDER / digest(project)


def compiled_modules(project: Path = PROJECT) -> Mapping[str, Path]:
    """Full name of each compiled module to its file; empty without a build of the present sources."""
    return modules_in(build_of(project)) if (project / FOLDER).is_dir() else {}


def modules_in(folder: Path) -> dict[str, Path]:
    """Full name of each module that was compiled into a folder, to its file."""
    suffix = EXTENSION_SUFFIXES[0]
    return {
        path.relative_to(folder).as_posix().removesuffix(suffix).replace("/", "."): path
        for path in folder.rglob(f"*{suffix}")
    }
