"""The file that supervisor reads, read back the way supervisor reads it."""

import shlex
from configparser import RawConfigParser
from pathlib import Path

from decider.stack.run_folder import RunFolder
from decider.stack.services import Service, Stage
from decider.stack.supervisor_files import render_supervisor_conf


def rendered(*services: Service) -> RawConfigParser:
    parser = RawConfigParser(inline_comment_prefixes=(";", "#"), strict=False)
    parser.read_string(render_supervisor_conf(RunFolder(Path("/run/copy")), services))
    return parser


def service(name: str, stage: Stage, *argv: str) -> Service:
    return Service(name, argv, stage, lambda: True, stop_seconds=7)


def test_a_command_line_survives_with_all_its_odd_characters() -> None:
    argv = ("/bin/sh", "-c", 'rm "$1"; x', "daemon off;", "100%")
    conf = rendered(service("nginx", Stage.EDGE, *argv))
    command = shlex.split(conf["program:nginx"]["command"].replace("%%", "%"))
    assert tuple(command[-len(argv) :]) == argv
    assert command[:3] == ["setpriv", "--pdeathsig", "TERM"]


def test_the_edge_stops_before_the_deciders_and_those_before_the_stores() -> None:
    conf = rendered(
        service("redis", Stage.STORES), service("nginx", Stage.EDGE), service("decider", Stage.DECIDING)
    )
    priority = {name: int(conf[f"group:{name}"]["priority"]) for name in ("edge", "deciding", "stores")}
    # supervisor stops the highest priority first
    assert priority["edge"] > priority["deciding"] > priority["stores"]
    assert conf["group:edge"]["programs"] == "nginx"


def test_every_process_is_restarted_and_gets_its_time_to_stop() -> None:
    section = rendered(service("redis", Stage.STORES, "redis-server"))["program:redis"]
    assert section["autorestart"] == "true"
    assert section["stopwaitsecs"] == "7"
    assert section["stdout_logfile"] == "/run/copy/logs/redis.log"
