"""The whole product, started the way `make run` starts it, for tests that drive it from outside.

    with run_stack(tmp_path, DECIDER_MODE="observe") as stack:
        urlopen(stack.gateway_url)

Free ports, a folder of its own, and gone with the test run however that ends.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ROOT, dies_with_us, free_port

PYTHON = ROOT / ".venv" / "bin" / "python"
STACK = (str(PYTHON), "-m", "decider.stack")
READY_SECONDS = 60.0  # about five on an idle machine
STOP_SECONDS = 60.0
# what the operator's shell may have set and a test must not inherit
SETTINGS = (
    *("GATEWAY_PORT", "DASHBOARD_PORT", "RUN_DIR", "UPSTREAM", "REDIS_URL", "MONGODB_URI", "DECIDER_MODE"),
    *("DECIDER_POLICY", "DECIDER_WORKERS", "DECIDER_NODE", "DECIDER_BIND", "ACCESS_LOG_BIND", "REDIS_SHARDS"),
    *("GEOIP_COUNTRY_DB", "GEOIP_ASN_DB", "GEOIP_CITY_DB", "DASHBOARD_BIND", "DECIDER_ALLOW_STATUS"),
    *(
        "DASHBOARD_USERS",
        "DASHBOARD_USERS_FILE",
        "DASHBOARD_SECRET",
        "DASHBOARD_SECRET_FILE",
        "DASHBOARD_TLS",
    ),
    *("DASHBOARD_PREFIX", "DASHBOARD_TRUSTED_HOSTS", "DASHBOARD_TRUSTED_PROXIES"),
)


@dataclass(frozen=True, slots=True)
class RunningStack:
    """One running copy: where it is reached, and the process that `make run` is."""

    process: subprocess.Popen[bytes]
    run_dir: Path
    gateway_port: int
    dashboard_port: int
    output_file: Path

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def dashboard_url(self) -> str:
        return f"http://127.0.0.1:{self.dashboard_port}"

    @property
    def dashboard_password(self) -> str:
        """Of the user `operator`, as it is kept."""
        return (self.run_dir / "dashboard" / "password").read_text().strip()

    @property
    def redis_url(self) -> str:
        return self.addresses()["REDIS_URL"]

    @property
    def mongodb_uri(self) -> str:
        return self.addresses()["MONGODB_URI"]

    @property
    def command(self) -> str:
        """`python -m decider` with this copy's addresses: run it with a list of arguments."""
        return str(self.run_dir / "decider")

    @property
    def output(self) -> str:
        """What the operator saw so far."""
        return self.output_file.read_text(errors="replace")

    def addresses(self) -> dict[str, str]:
        """The settings that every process of this copy was given."""
        lines = (self.run_dir / "stack.env").read_text().splitlines()
        return {
            name: "".join(shlex.split(value)) for name, _, value in (line.partition("=") for line in lines)
        }

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """End it as Ctrl-C does; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(STOP_SECONDS)


@contextmanager
def run_stack(folder: Path, **settings: str) -> Iterator[RunningStack]:
    """Start `up` with ``settings`` on top of free ports and a RUN_DIR in ``folder``; wait for its banner."""
    stack = start_stack(folder, **settings)
    try:
        wait_for_banner(stack)
        yield stack
    finally:
        if stack.process.poll() is None:
            stack.stop()


def start_stack(folder: Path, **settings: str) -> RunningStack:
    """Start `up` and do not wait."""
    folder.mkdir(parents=True, exist_ok=True)
    gateway_port, dashboard_port = free_port(), free_port()
    given = {
        "RUN_DIR": str(folder / "run"),
        "GATEWAY_PORT": str(gateway_port),
        "DASHBOARD_PORT": str(dashboard_port),
    }
    given |= settings
    output = folder / "up.out"
    with output.open("ab") as out:
        process = subprocess.Popen(
            dies_with_us([*STACK, "up"]),
            cwd=ROOT,
            env=environment(given),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    return RunningStack(
        process, Path(given["RUN_DIR"]), int(given["GATEWAY_PORT"]), int(given["DASHBOARD_PORT"]), output
    )


def wait_for_banner(stack: RunningStack) -> None:
    """Until `up` says that everything answers."""
    deadline = time.monotonic() + READY_SECONDS
    while "Decider is running." not in stack.output:
        assert stack.process.poll() is None, f"`up` ended at once:\n{stack.output}"
        assert time.monotonic() < deadline, f"`up` does not get ready:\n{stack.output}"
        time.sleep(0.05)


def run_stack_command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m decider.stack` to its end."""
    return subprocess.run(
        [*STACK, *arguments],
        cwd=ROOT,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=STOP_SECONDS,
        check=False,
    )


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Our own environment without any setting of the product, plus ``settings``."""
    return {name: value for name, value in os.environ.items() if name not in SETTINGS} | settings


def processes_of(run_dir: Path) -> list[str]:
    """Command lines of living processes that name ``run_dir``, or were started with it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
                about = command + (entry / "environ").read_bytes()
            except OSError:
                continue
            if command and str(run_dir).encode() in about:
                found.append(f"{entry.name} {command.decode(errors='replace').replace(chr(0), ' ').strip()}")
    return found
