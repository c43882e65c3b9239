"""supervisord.conf of one running copy."""

from __future__ import annotations

import getpass
import os
import shlex
from collections.abc import Sequence

from decider.stack.process_tree import TIED_TO_PARENT
from decider.stack.run_folder import RunFolder
from decider.stack.services import PROJECT, Service, Stage

_HEAD = """\
; Written by `python -m decider.stack up` at each start; edits are lost.
[unix_http_server]
file={folder.control_socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisord]
nodaemon=true
silent=true
loglevel=warn
directory={project}
logfile={log}
logfile_maxbytes=5MB
logfile_backups=1
pidfile={folder.supervisor_pid}
childlogdir={folder.logs}
{user}"""

_PROGRAM = """
[program:{service.name}]
command={command}
autostart={autostart}
autorestart=true
startsecs=1
startretries=5
stopsignal=TERM
stopwaitsecs={service.stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=2
"""

_GROUP = """
[group:{name}]
programs={programs}
priority={priority}
"""


def render_supervisor_conf(folder: RunFolder, services: Sequence[Service]) -> str:
    """One program a service, one group a stage: supervisor stops groups one after another, last first."""
    # supervisor warns at every start when root does not say that it means to be root
    user = f"user={getpass.getuser()}\n" if os.geteuid() == 0 else ""
    parts = [_HEAD.format(folder=folder, project=PROJECT, log=folder.log("supervisor"), user=user)]
    for service in services:
        command = shlex.join((*TIED_TO_PARENT, *service.argv)).replace("%", "%%")
        autostart, log = str(not service.last).lower(), folder.log(service.name)
        parts.append(_PROGRAM.format(service=service, command=command, autostart=autostart, log=log))
    for stage in Stage:
        names = [service.name for service in services if service.stage is stage]
        if names:
            parts.append(
                _GROUP.format(name=stage.name.lower(), programs=",".join(names), priority=int(stage))
            )
    return "".join(parts)
