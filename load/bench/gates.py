"""All the gates, open: the product's own decider and nginx snippets, and the ones it is compared with."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from load.bench.lua_peer import MISSING, lua_modules, write_lua_peer
from load.bench.nginx_conf import write_gates, write_guard, write_upstream
from load.bench.processor_time import family, processor_seconds, resident_bytes
from load.bench.product import (
    MONGO_MISSING,
    ask_decider,
    deny_the_denied,
    start_decider,
    start_recorder,
    start_redis,
)
from load.bench.scenarios import Gate
from load.bench.servers import Servers, accepts, answers, free_port, program, redis_says

_NOTHING_CACHED = "[deny_cache]\nseconds = 0\n"


@dataclass(slots=True)
class Gates:
    """``ports`` on 127.0.0.1; ``deciders`` and ``redis`` are sockets; ``processes`` are ids by name.

    ``missing`` says why a gate is not open and what to do.
    """

    ports: Mapping[Gate, int]
    redis: Path = Path()
    deciders: dict[Gate, Path] = field(default_factory=dict)
    processes: dict[str, int] = field(default_factory=dict)
    missing: dict[Gate, str] = field(default_factory=dict)

    def decisions(self, gate: Gate) -> int:
        """How many requests the guard of this gate has decided so far."""
        if gate is Gate.LUA:
            calls = re.search(
                r"^cmdstat_evalsha:calls=(\d+)", redis_says(self.redis, "INFO", "commandstats"), re.M
            )
            return int(calls[1]) if calls else 0
        metrics = ask_decider(self.deciders[gate], "/metrics")
        return sum(
            int(float(value)) for value in re.findall(r"^decider_decisions_total\{.*\} (\S+)$", metrics, re.M)
        )

    def processor_seconds(self) -> dict[str, float]:
        """Of what takes part in a decision of the observing guard, since it was started."""
        return {name: processor_seconds(process) for name, process in self.processes.items()}

    def worker_bytes(self) -> int:
        """Memory of the observing decider's one worker."""
        _, *workers = family(self.processes["decider"])
        return sum(map(resident_bytes, workers))


def open_gates(servers: Servers) -> Gates:
    """Start everything. Raises RuntimeError when a server does not start."""
    gates = open_guard(servers)
    folder, ports = servers.folder, gates.ports
    _start_nginx(servers, "gates", write_gates(folder, _user(), ports), ports[Gate.UNGUARDED])
    _open_lua(servers, gates)
    policy = folder / "nothing_cached.toml"
    policy.write_text(_NOTHING_CACHED)
    enforcing = {"REDIS_URL": _redis_url(gates, 1), "DECIDER_MODE": "enforce"}
    deny_the_denied(enforcing["REDIS_URL"])
    gates.deciders[Gate.ENFORCE], _ = start_decider(servers, "enforce", enforcing)
    uncached = enforcing | {"DECIDER_POLICY": str(policy)}
    gates.deciders[Gate.UNCACHED], _ = start_decider(servers, "uncached", uncached)
    servers.listen_without_answering(folder / "hung.sock")
    for gate in (Gate.ENFORCE, Gate.UNCACHED, Gate.GONE, Gate.HUNG):
        _open_guard(servers, gates, gate, folder / f"{gate}.sock")
    if log := start_recorder(servers, enforcing["REDIS_URL"]):
        _open_guard(servers, gates, Gate.LOGGED, gates.deciders[Gate.ENFORCE], log)
    else:
        gates.missing[Gate.LOGGED] = MONGO_MISSING
    return gates


def open_guard(servers: Servers) -> Gates:
    """Only the upstream, Redis, and the guard that lets everybody in."""
    gates = Gates({gate: free_port() for gate in Gate})
    servers.start(
        "upstream",
        _nginx(servers, write_upstream(servers.folder, _user())),
        accepts(servers.folder / "yes.sock"),
    )
    gates.redis, gates.processes["redis"] = start_redis(servers)
    observing = {"REDIS_URL": _redis_url(gates, 0), "DECIDER_MODE": "observe"}
    gates.deciders[Gate.OBSERVE], gates.processes["decider"] = start_decider(servers, "observe", observing)
    gates.processes["nginx"] = _open_guard(servers, gates, Gate.OBSERVE, gates.deciders[Gate.OBSERVE])
    return gates


def decided_by(gate: Gate) -> bool:
    """Whether every request at this gate must be decided, and only a count of decisions shows that it was."""
    return gate in (Gate.OBSERVE, Gate.LUA)


def _open_guard(servers: Servers, gates: Gates, gate: Gate, decider: Path, access_log: str = "off") -> int:
    conf = write_guard(servers.folder, gate, gates.ports[gate], decider, access_log)
    return _start_nginx(servers, f"guard-{gate}", conf, gates.ports[gate])


def _open_lua(servers: Servers, gates: Gates) -> None:
    modules = lua_modules(program("nginx"))
    if modules is None:
        gates.missing[Gate.LUA] = MISSING
        return
    conf = write_lua_peer(servers.folder, _user(), gates.ports[Gate.LUA], gates.redis, modules)
    _start_nginx(servers, "lua", conf, gates.ports[Gate.LUA])


def _start_nginx(servers: Servers, name: str, conf: Path, port: int) -> int:
    return servers.start(name, _nginx(servers, conf), answers(f"http://127.0.0.1:{port}/"))


def _nginx(servers: Servers, conf: Path) -> list[str]:
    return [program("nginx"), "-p", str(servers.folder), "-e", "stderr", "-c", str(conf)]


def _redis_url(gates: Gates, database: int) -> str:
    return f"unix://{gates.redis}?db={database}"


def _user() -> str:
    return f"user {getpass.getuser()};\n" if os.geteuid() == 0 else ""
