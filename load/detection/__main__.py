"""make detection: what the engine reaches on labelled logs, as a table.

python -m load.detection [--logs DIR] [--json FILE] [--markdown FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from time import perf_counter

from load.detection.measuring import Measured, measure
from load.detection.report import broken_promises, lines, markdown, to_mapping

DEFAULT_LOGS = Path("../shared/replay")
EXIT_KEPT, EXIT_BROKEN, EXIT_CANNOT_RUN = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Measure and print. Exit status 0 only where every figure is met."""
    chosen = _parser().parse_args(arguments)
    if not (chosen.logs / "sets").is_dir():
        print(
            f"detection: {chosen.logs}/sets is not there: name a folder with --logs DIR that holds",
            file=sys.stderr,
        )
        print("  sets/<name>/{labels.csv,*.log}: see docs/detection.md for the columns", file=sys.stderr)
        return EXIT_CANNOT_RUN
    started = perf_counter()
    try:
        measured = measure(chosen.logs, _progress)
    except RuntimeError as error:
        print(f"detection: {error}", file=sys.stderr)
        return EXIT_CANNOT_RUN
    for line in lines(measured):
        print(line)
    print(f"\nmeasured in {perf_counter() - started:.0f} s")
    _write(chosen, measured)
    broken = broken_promises(measured)
    for one in broken:
        print(f"BROKEN  {one}")
    return EXIT_BROKEN if broken else EXIT_KEPT


def _write(chosen: argparse.Namespace, measured: Measured) -> None:
    if chosen.json:
        chosen.json.write_text(json.dumps(to_mapping(measured), indent=2) + "\n", encoding="utf-8")
    if chosen.markdown:
        chosen.markdown.write_text("\n".join(markdown(measured)) + "\n", encoding="utf-8")


def _progress(step: str) -> None:
    end, start = ("", "\r") if sys.stderr.isatty() else ("\n", "")
    print(f"{start}{step:70}", end=end, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m load.detection", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--logs", type=Path, default=DEFAULT_LOGS, metavar="DIR", help=f"(default {DEFAULT_LOGS})"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON, too")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables as Markdown, too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
