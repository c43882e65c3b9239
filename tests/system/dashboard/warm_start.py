"""Gunicorn, started from a process that has imported Dash and its kin already.

Importing them is nearly all of what a start costs, and every test starts a dashboard. Settings are read and
the application is made after the fork, as ever; tests/system/stack starts the product from nothing.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from runpy import run_module

from tests.servers import ROOT

IMPORTED = (
    *("dash", "dash_ag_grid", "dash_mantine_components", "flask_compress", "plotly.graph_objects"),
    *("plotly.tools", "gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "pymongo", "redis"),
    *("dash_app.app", "dash_app.investigation_setup", "dash_app.overview_layout"),
)
ARGUMENTS = ["gunicorn", "--no-control-socket", "-c", "python:dash_app.gunicorn_conf", "dash_app.wsgi:server"]
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def start_gunicorn(environment: Mapping[str, str], log: Path) -> ForkServerProcess:
    """Start it with this environment and no other; it is gone when the test run is gone."""
    process = _libraries().Process(target=_run, args=(dict(environment), str(log)))
    process.start()
    return process


@cache
def _libraries() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTED))
    return context


def _run(environment: Mapping[str, str], log: str) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # its parent ends when the test run does
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(written, stream.fileno())
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = ARGUMENTS
    run_module("gunicorn", run_name="__main__")
