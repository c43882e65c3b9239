"""The supervisor of one running copy, from its start to the end of its last process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from threading import Event

from decider.stack.process_tree import TIED_TO_PARENT, children, reap, send
from decider.stack.run_folder import RunFolder
from decider.stack.services import PROJECT, Service
from decider.stack.supervisor_client import process_states, start_process

READY_SECONDS = (
    60.0  # a cold machine with two cores needs about 5; a large MongoDB folder on a slow disk more
)
STARTS_BEFORE_GIVING_UP = 3  # a process that ended this often while starting will not come up by itself
ORPHAN_GRACE_SECONDS = 3.0
STOP_SECONDS = 45.0  # above the sum of what supervisor grants its stages
_TICK_SECONDS = 0.05


class DidNotStart(Exception):
    """The copy cannot go on; ``services`` names those whose logs tell why."""

    def __init__(self, message: str, services: Sequence[str]) -> None:
        self.services = tuple(services)
        super().__init__(message)


class Supervised:
    """Starts supervisor, waits for its services, ends what they left behind, and stops it all."""

    def __init__(self, folder: RunFolder, services: Sequence[Service]) -> None:
        self._folder = folder
        self._waiting = {service.name: service for service in services}
        self._starts: defaultdict[str, set[int]] = defaultdict(set)
        self._orphans: dict[int, float] = {}  # pid -> when it was asked to end
        self._process: subprocess.Popen[bytes] | None = None
        self._deadline = 0.0

    def start(self, environment: Mapping[str, str]) -> None:
        """Start supervisor, which starts every service at once."""
        self._deadline = time.monotonic() + READY_SECONDS
        argv = [*TIED_TO_PARENT, sys.executable, "-m", "supervisor.supervisord"]
        with self._folder.log("supervisor-start").open("wb") as log:
            self._process = subprocess.Popen(
                [*argv, "--configuration", str(self._folder.supervisor_conf)],
                cwd=PROJECT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal reaches `up` alone, which then stops the rest in order
                start_new_session=True,
            )

    def all_ready(self) -> bool:
        """Ask the services that did not answer yet. Raises DidNotStart when one will not."""
        self.check_alive()
        first = [service for service in self._waiting.values() if not service.last]
        for service in first or list(self._waiting.values()):
            if service.ready():
                del self._waiting[service.name]
            elif service.last:
                start_process(self._folder.control_socket, service.supervisor_name)
        if self._waiting:
            self._give_up_on_the_hopeless()
        return not self._waiting

    def check_alive(self) -> None:
        """Raises DidNotStart when supervisor itself is gone: nothing would restart a service any more."""
        if self._process is not None and self._process.poll() is not None:
            code = self._process.returncode
            raise DidNotStart(f"supervisor ended (exit {code})", ("supervisor-start", "supervisor"))

    def end_orphans(self) -> None:
        """End workers whose master was killed: they would hold its port and keep the new master out."""
        supervisor = self._process.pid if self._process is not None else 0
        found = children() - {supervisor}
        for pid in self._orphans.keys() - found:
            reap(pid)
        now = time.monotonic()
        self._orphans = {pid: self._orphans.get(pid, now) for pid in found}
        for pid, since in self._orphans.items():
            kill = now - since > ORPHAN_GRACE_SECONDS
            send(pid, signal.SIGKILL if kill else signal.SIGTERM)

    def stop(self, forced: Event) -> None:
        """End everything; a signal that arrives meanwhile (``forced`` set again) kills at once."""
        forced.clear()
        deadline = time.monotonic() + STOP_SECONDS
        if self._process is not None:
            if self._process.poll() is None:
                self._process.terminate()
            while self._process.poll() is None and time.monotonic() < deadline and not forced.is_set():
                process_states(self._folder.control_socket)  # wakes supervisor, which looks once a second
                time.sleep(_TICK_SECONDS)
            if self._process.poll() is None:
                self._process.kill()  # its children get SIGTERM from the kernel and become ours
            self._process.wait()
        while children():
            self.end_orphans()
            if forced.is_set():
                for pid in children():
                    send(pid, signal.SIGKILL)
            time.sleep(_TICK_SECONDS)

    def _give_up_on_the_hopeless(self) -> None:
        for process in process_states(self._folder.control_socket) or ():
            if process.started:
                self._starts[process.name].add(process.started)
            failed = len(self._starts[process.name]) >= STARTS_BEFORE_GIVING_UP or process.state == "FATAL"
            if process.name in self._waiting and failed:
                raise DidNotStart(f"{process.name} does not start: it ended again and again", (process.name,))
        if time.monotonic() > self._deadline:
            names = tuple(self._waiting)
            raise DidNotStart(f"{', '.join(names)} did not become ready within {READY_SECONDS:.0f} s", names)
