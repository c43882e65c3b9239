"""RUN_DIR: the one folder that holds everything of a running copy, and the lock that says it is taken."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class FolderInUse(Exception):
    """Another `up` holds this RUN_DIR."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Every path under RUN_DIR that two parts must agree on; ``path`` is absolute."""

    path: Path

    @property
    def decider_socket(self) -> Path:
        """Nginx asks the decider here."""
        return self.path / "decider.sock"

    @property
    def deny_lease(self) -> Path:
        """While it is there, the decider calls back what Nginx keeps."""
        return self.path / "deny.lease"

    @property
    def open_socket(self) -> Path:
        """Nginx's own fail-open server."""
        return self.path / "open.sock"

    @property
    def redis_socket(self) -> Path:
        """Our own Redis; a socket, so that no port can be taken."""
        return self.path / "redis.sock"

    @property
    def control_socket(self) -> Path:
        """Supervisor's own interface."""
        return self.path / "control.sock"

    @property
    def supervisor_conf(self) -> Path:
        return self.path / "supervisor" / "supervisord.conf"

    @property
    def supervisor_pid(self) -> Path:
        return self.path / "supervisor" / "supervisord.pid"

    @property
    def nginx(self) -> Path:
        return self.path / "nginx"

    @property
    def redis(self) -> Path:
        return self.path / "redis"

    @property
    def mongo(self) -> Path:
        return self.path / "mongo"

    @property
    def dashboard(self) -> Path:
        """Who may sign in to the dashboard; for the owner alone."""
        return self.path / "dashboard"

    @property
    def dashboard_password(self) -> Path:
        """The password of the user that was made at the first start."""
        return self.dashboard / "password"

    @property
    def dashboard_users(self) -> Path:
        """One name:role:hash a line; yours to add to."""
        return self.dashboard / "users"

    @property
    def dashboard_secret(self) -> Path:
        """Signs the session cookies."""
        return self.dashboard / "secret"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def environment_file(self) -> Path:
        """The addresses of this copy as KEY=VALUE lines, for the command line and for tests."""
        return self.path / "stack.env"

    @property
    def command(self) -> Path:
        """`python -m decider` with this copy's addresses."""
        return self.path / "decider"

    def log(self, service: str) -> Path:
        """The log file of one service."""
        return self.logs / f"{service}.log"

    def make(self) -> None:
        """Create the folders and remove sockets that a killed copy left; keeps logs and MongoDB's data."""
        self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
        for folder in (self.logs, self.nginx, self.redis, self.mongo, self.supervisor_conf.parent):
            folder.mkdir(exist_ok=True)
        self.dashboard.mkdir(mode=0o700, exist_ok=True)
        self.remove_sockets()

    def remove_sockets(self) -> None:
        """A unix socket outlives its server's kill -9, and nginx refuses to bind over one."""
        for socket in self.path.glob("*.sock"):
            socket.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this folder for one `up`. The kernel releases the lock however the process ends.

        Raises FolderInUse with the holder's pid.
        """
        self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
        with self._lock_file.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise FolderInUse(f"pid {self.holder()}") from error
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            yield

    def holder(self) -> int | None:
        """The pid of the `up` that holds this folder, None when it is free."""
        try:
            with self._lock_file.open("r+") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(lock.read() or 0) or None
        except FileNotFoundError:
            pass
        return None

    @property
    def _lock_file(self) -> Path:
        return self.path / "stack.lock"
