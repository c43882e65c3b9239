"""python -m decider.compiled: compile what decides, once for each state of the sources (`make compile`)."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from decider.compiled.modules import FOLDER, MODULES, PROJECT, build_of, modules_in, sources

PROGRESS_SECONDS = 10.0
LONGEST_SECONDS = 1_800.0  # measured: 90 s on a quiet core; a slow, busy machine may take twenty times that
LINES_OF_A_FAILURE = 15


def main() -> int:
    """Compile what is not compiled yet. Exit status 0 done, 1 failed with the reason on stderr."""
    argparse.ArgumentParser(prog="python -m decider.compiled", description=__doc__).parse_args()
    build = build_of()
    if modules_in(build):
        print(f"Compiled already: {build.relative_to(PROJECT)}")
        return 0
    fault = _missing()
    if fault:
        print(fault, file=sys.stderr)
        return 1
    build.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="building-", dir=build.parent) as folder:
        return _build(Path(folder), build)


def _missing() -> str:
    """What a build needs that is not there, with the remedy."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if shutil.which(compiler) is None:
        return f"The C compiler {compiler} is not there: install gcc, or run without compiling"
    if not header.is_file():
        return f"{header} is not there: install python3-dev, or run without compiling"
    return ""


def _build(folder: Path, build: Path) -> int:
    print(f"Compiling {len(sources())} modules with mypyc: a minute or two on a quiet machine", flush=True)
    log, started = folder.parent / "build.log", monotonic()
    with log.open("w", encoding="utf-8") as output:
        command = [sys.executable, "-m", "decider.compiled.extension", str(folder)]
        process = subprocess.Popen(command, cwd=PROJECT, stdout=output, stderr=subprocess.STDOUT)
        try:
            status = _wait(process, started)
        finally:
            process.kill()
    if status != 0 or not modules_in(folder / MODULES):
        last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LINES_OF_A_FAILURE:]
        print(
            "\n".join([*last, f"Compiling failed: all runs without it. The whole output: {log}"]),
            file=sys.stderr,
        )
        return 1
    (folder / MODULES).rename(build)  # at once: a process that starts now finds all modules or none
    print(
        f"Compiled in {monotonic() - started:.0f} s. Processes started from now on take {FOLDER}/{build.name}"
    )
    return 0


def _wait(process: subprocess.Popen[bytes], started: float) -> int:
    while (passed := monotonic() - started) < LONGEST_SECONDS:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(PROGRESS_SECONDS)
        print(f"  {passed + PROGRESS_SECONDS:.0f} s", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
