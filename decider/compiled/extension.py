"""python -m decider.compiled.extension FOLDER: translates the modules to C and compiles them into a folder.

Run by ``decider.compiled``, which reports in a readable way; this is setuptools with all that it prints.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mypyc.build import mypycify
from setuptools import setup

from decider.compiled.modules import MODULES, PROJECT, sources

# Measured: replay is as fast as with 2.
OPTIMISATION = "1"


def main(folder: Path) -> None:
    """Compile all modules; exits with a message where the compiler does."""
    paths = [path.relative_to(PROJECT).as_posix() for path in sources()]
    intermediate = folder / "intermediate"
    extensions = mypycify(
        paths, opt_level=OPTIMISATION, debug_level="0", multi_file=False, target_dir=str(intermediate)
    )
    setup(
        name="decider",
        packages=[],
        ext_modules=extensions,
        script_args=["build_ext", "--build-lib", str(folder / MODULES), "--build-temp", str(intermediate)],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
