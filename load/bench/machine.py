"""What the figures were measured on, and when."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path


def describe_machine() -> dict[str, str]:
    """Date, processor, cores, memory, kernel, and the versions of the programs that take part."""
    memory_kib = _first_match("/proc/meminfo", r"^MemTotal:\s+(\d+)")
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": _first_match("/proc/cpuinfo", r"^model name\s*: (.+)$") or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(memory_kib or 0) / 1024**2:.0f} GiB",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "nginx": _version("nginx", "-v"),
        "redis": _version("redis-server", "--version"),
        "wrk": _version("wrk", "-v"),
        "busy before": f"{os.getloadavg()[0]:.1f} of {len(os.sched_getaffinity(0))} cores",
    }


def _first_match(path: str, pattern: str) -> str | None:
    try:
        match = re.search(pattern, Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return None
    return match[1] if match else None


def _version(program: str, flag: str) -> str:
    done = subprocess.run([program, flag], capture_output=True, text=True, timeout=10, check=False)
    match = re.search(r"\d+\.\d+(?:\.\d+)?", done.stdout + done.stderr)
    return match[0] if match else "unknown"
