"""Reads access logs, plain or gzipped, also cut short; what can not be read is counted and sampled."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from decider.core.errors import FaultyInput
from decider.replay.logged_request import LoggedRequest, NotHttp, moment_fits, parser_for
from decider.replay.packed_requests import PackedRequests

SAMPLES = 5  # unreadable lines kept for the summary
SAMPLE_CHARACTERS = 120
GZIP_MAGIC = b"\x1f\x8b"
PROGRESS_LINES = 20_000
LONGEST_LINE_BYTES = (
    262_144  # four of Nginx's largest header buffers, escaped; a file without line ends is no log
)

Progress = Callable[[str, int, int], None]  # (stage, done, of)


@dataclass(slots=True)
class Reading:
    """Every request of the logs in time order, and what was left out."""

    requests: PackedRequests = field(default_factory=PackedRequests)
    lines: int = 0
    not_http: int = 0
    unreadable: int = 0
    samples: list[str] = field(default_factory=list)
    cut_short: list[str] = field(default_factory=list)


def read_logs(paths: Iterable[Path], log_format: str, progress: Progress) -> Reading:
    """Read and sort; equal times keep the order of the files. Raises FaultyInput for unreadable files."""
    paths = list(paths)
    faults = [
        f"{path}: no such file" if not path.exists() else f"{path}: is a folder: name the files in it"
        for path in paths
        if not path.is_file()
    ]
    if faults:
        raise FaultyInput(faults)
    reading, parse = Reading(), parser_for(log_format)
    size, done = sum(path.stat().st_size for path in paths), 0
    for path in paths:
        before, read_bytes = done, 0
        for line in _lines(path, reading):
            _read_line(line, parse, reading)
            read_bytes += len(line)
            if reading.lines % PROGRESS_LINES == 0:
                progress("reading", min(before + read_bytes, size), size)
        done = before + path.stat().st_size
    progress("reading", size, size)
    reading.requests.sort()
    return reading


def _read_line(line: str, parse: Callable[[str], LoggedRequest], reading: Reading) -> None:
    if not line.strip():
        return
    reading.lines += 1
    try:
        request = parse(line)
        if not moment_fits(request.time) or not request.address:
            raise ValueError(line)
        reading.requests.append(request)
    except NotHttp:
        reading.not_http += 1
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        reading.unreadable += 1
        if len(reading.samples) < SAMPLES:
            printable = "".join(
                character if character.isprintable() else "?" for character in line.rstrip("\r\n")
            )
            reading.samples.append(printable[:SAMPLE_CHARACTERS])


def _lines(path: Path, reading: Reading) -> Iterator[str]:
    with path.open("rb") as file:
        is_gzip = file.read(2) == GZIP_MAGIC
        file.seek(0)
        source = gzip.GzipFile(fileobj=file) if is_gzip else file
        try:
            while line := source.readline(LONGEST_LINE_BYTES):
                yield line.decode("utf-8", "replace")
                while len(line) == LONGEST_LINE_BYTES and not line.endswith(b"\n"):
                    line = source.readline(LONGEST_LINE_BYTES)  # the rest of a line that is no log's
        except (EOFError, OSError, zlib.error):
            reading.cut_short.append(str(path))
