"""`status`: the processes of RUN_DIR as a table."""

from __future__ import annotations

from decider.stack.settings import StackSettings
from decider.stack.supervisor_client import ProcessState, process_states


def status(settings: StackSettings) -> int:
    """Exit status 0 when every process runs, 1 when one does not or nothing was started."""
    folder = settings.folder
    states = process_states(folder.control_socket)
    if states is None:
        print(f"decider: nothing runs in {folder.path}; `make run` starts it")
        return 1
    print(f"{'process':<10} {'state':<9} {'pid':>8} {'up':>10}  log")
    for process in states:
        running = process.state == "RUNNING"
        pid, uptime = (str(process.pid), _uptime(process)) if running else ("-", "-")
        print(f"{process.name:<10} {process.state:<9} {pid:>8} {uptime:>10}  {folder.log(process.name)}")
    return 0 if all(process.state == "RUNNING" for process in states) else 1


def _uptime(process: ProcessState) -> str:
    minutes, seconds = divmod(max(0, process.now - process.started), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
