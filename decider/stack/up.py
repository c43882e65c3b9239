"""`up`: from settings to a running product, and from Ctrl-C to an empty process list."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from types import FrameType

from decider.core.policy import Policy
from decider.stack.banner import banner, write_command, write_environment
from decider.stack.dashboard_login import DashboardLogin, prepare_login
from decider.stack.leftovers import wait_for_earlier_supervisor
from decider.stack.log_stream import LogStream, last_lines
from decider.stack.memory_folder import remove_memory_folder
from decider.stack.nginx_files import write_nginx_files
from decider.stack.preflight import check_surroundings
from decider.stack.process_tree import adopt_orphans
from decider.stack.run_folder import FolderInUse, RunFolder
from decider.stack.services import Stack, build_stack
from decider.stack.settings import StackSettings
from decider.stack.supervised import DidNotStart, Supervised
from decider.stack.supervisor_files import render_supervisor_conf

POLL_SECONDS = 0.1  # how late Ctrl-C is heard and a log line is shown
LOG_LINES_ON_FAILURE = 15


def up(settings: StackSettings) -> int:
    """Run until told to stop. Exit status 0 after a wanted stop, 1 when something did not work.

    Raises SettingsError when a setting does not fit this machine.
    """
    folder = settings.folder
    try:
        with folder.locked():
            wait_for_earlier_supervisor(folder)
            policy = check_surroundings(settings)
            return _run(settings, policy, build_stack(settings))
    except FolderInUse as error:
        _say(
            f"{folder.path} already runs a copy ({error}). `make stop RUN_DIR={folder.path}` stops it; "
            "a second copy needs its own RUN_DIR, GATEWAY_PORT and DASHBOARD_PORT."
        )
        return 1


def _run(settings: StackSettings, policy: Policy, stack: Stack) -> int:
    folder = settings.folder
    login = _write_files(settings, stack)
    stop_wanted = _catch_stop_signals()
    adopt_orphans()
    _allow_many_connections()
    logs = LogStream(folder.log(one.name) for one in stack.services)
    logs.skip_to_end()
    # of supervisor's own log only what happens later: a start is told by the banner
    restarts = LogStream([folder.log("supervisor")])
    supervised = Supervised(folder, stack.services)
    try:
        _say(f"starting {', '.join(one.name for one in stack.services)} in {folder.path}")
        supervised.start({**os.environ, **stack.environment, **login.environment})
        while not stop_wanted.wait(POLL_SECONDS) and not supervised.all_ready():
            pass
        restarts.skip_to_end()
        if not stop_wanted.is_set():
            print(banner(settings, policy, login.hint), flush=True)
        while not stop_wanted.wait(POLL_SECONDS):
            logs.show_new()
            restarts.show_new()
            supervised.check_alive()
            supervised.end_orphans()
    except DidNotStart as error:
        _explain(error, folder)
        return 1
    except BrokenPipeError:
        # whoever read our output went away: stop as if told to, and write nothing more
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  # for the rest of our life
    finally:
        _say("stopping")
        supervised.stop(forced=stop_wanted)
        folder.remove_sockets()
        remove_memory_folder(folder.path)
    _say("stopped")
    return 0


def _write_files(settings: StackSettings, stack: Stack) -> DashboardLogin:
    folder = settings.folder
    folder.make()
    login = prepare_login(folder, os.environ)
    write_nginx_files(settings, stack.upstream, stack.environment["ACCESS_LOG_BIND"])
    folder.supervisor_conf.write_text(render_supervisor_conf(folder, stack.services))
    write_environment(folder, {**stack.environment, **login.environment})
    write_command(folder)
    return login


def _catch_stop_signals() -> threading.Event:
    """Set by Ctrl-C, `kill`, and a closed terminal."""
    wanted = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        wanted.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)
    return wanted


def _allow_many_connections() -> None:
    """Nginx and Redis take one file descriptor a connection; the soft limit is 1,024 on many systems."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))


def _explain(error: DidNotStart, folder: RunFolder) -> None:
    _say(str(error))
    for name in error.services:
        _say(f"the end of {folder.log(name)}:")
        for line in last_lines(folder.log(name), LOG_LINES_ON_FAILURE):
            print(f"  {line}", file=sys.stderr)


def _say(text: str) -> None:
    print(f"decider: {text}", file=sys.stderr, flush=True)
