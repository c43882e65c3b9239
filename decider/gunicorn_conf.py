"""gunicorn's settings for the decider. Start: gunicorn -c python:decider.gunicorn_conf decider.asgi:app"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from decider.core.errors import SettingsError
from decider.policy_memory import create_policy_memory
from decider.rare_collections import collect_rarely
from decider.settings import Settings

EXIT_CANNOT_START = 4  # gunicorn's APP_LOAD_ERROR

try:
    _settings = Settings.from_environment(os.environ)
except SettingsError as error:  # told here, before gunicorn tries a wrong address five times
    for fault in error.faults:
        print(f"decider: {fault}", file=sys.stderr)  # noqa: T201  the operator reads this, no log does
    sys.exit(EXIT_CANNOT_START)

bind = _settings.bind

os.environ.update(create_policy_memory())  # the workers find it there

# A decision takes 66 us of a worker (docs/benchmark.md); more workers help only where cores are free.
workers = _settings.workers

# ASGI on uvloop and httptools: the fastest way to run many small awaits on Redis under gunicorn.
worker_class = "decider.web.worker_class.DeciderWorker"

# Longer than nginx's keepalive_timeout (60 s), so that nginx is always the one to close an idle connection.
keepalive = 75

# A worker whose event loop stands still for 10 s is replaced; nginx has long been failing open by then.
timeout = 10

# Decisions take milliseconds; two seconds let the last events reach the stream.
graceful_timeout = 2

# nginx's workers run under another user and must be able to connect to the socket.
umask = 0o000

# nginx is the only client, over a unix socket or a private network, and sends no proxy headers.
forwarded_allow_ips = ""

accesslog = None  # nginx writes the access log
errorlog = "-"
loglevel = "warning"
proc_name = "decider"


def when_ready(server: Any) -> None:
    """SIGHUP to the master is for its workers: each takes over the policy file and goes on.

    gunicorn's own SIGHUP replaces the workers: connections end, what they count while Redis is away is lost,
    and a worker that cannot start because the file is faulty stops the master, and with it all protection.
    """
    server.handle_hup = lambda: server.kill_workers(signal.SIGHUP)


def post_worker_init(worker: object) -> None:
    """Every module is loaded and every list read by now."""
    collect_rarely()
