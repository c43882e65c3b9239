"""A real Redis Cluster for tests: three masters with a replica each, on loopback, gone with the test run.

with redis_cluster(tmp_path) as cluster:
    cluster.url                      # redis+cluster://127.0.0.1:...,127.0.0.1:...
    cluster.master_of("decider:{0}:client:203.0.113.7").kill()
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import RedisError

from tests.servers import Server, free_port, redis_server

MASTERS, REPLICAS = 3, 3
BUS_DISTANCE, HIGHEST_PORT = 10_000, 65_535
NODE_TIMEOUT_MS = 1_000  # a master is replaced a second or two after it stops answering
READY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """Its servers; which of them are masters changes."""

    servers: tuple[Server, ...]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{one.port}" for one in self.servers[:MASTERS])

    def client(self) -> RedisCluster:
        """A client of the test's own."""
        living = [ClusterNode("127.0.0.1", one.port) for one in self.servers if one.process is not None]
        return RedisCluster(startup_nodes=living)

    def master_of(self, key: str) -> Server:
        """The server that holds the key now."""
        with closing(self.client()) as client:
            node = client.get_node_from_key(key)
        assert node is not None
        return next(one for one in self.servers if one.port == node.port)

    def is_whole(self) -> bool:
        """Whether every slot is served, as every living server sees it."""
        return all(
            told["cluster_state"] == "ok" and int(told["cluster_known_nodes"]) == len(self.servers)
            for told in (_cluster_info(one) for one in self.servers if one.process is not None)
        )

    def has_replicas(self) -> bool:
        """Whether each master could be replaced."""
        with suppress(RedisError, OSError), closing(self.client()) as client:
            return all(
                client.get_redis_connection(node).info("replication").get("connected_slaves") == 1
                for node in client.get_primaries()
            )
        return False

    def wait_until_whole(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not (self.is_whole() and self.has_replicas()):
            assert time.monotonic() < deadline, "the cluster does not become whole"
            time.sleep(0.05)

    def restart(self) -> None:
        """Start what was killed; it comes back as a replica."""
        for server in self.servers:
            if server.process is None:
                server.start()
        self.wait_until_whole()


@contextmanager
def redis_cluster(folder: Path) -> Iterator[Cluster]:
    """Started and whole."""
    options = ["--cluster-enabled", "yes", "--cluster-node-timeout", str(NODE_TIMEOUT_MS)]
    options += ["--cluster-config-file", "nodes.conf", "--repl-diskless-sync-delay", "0"]
    with ExitStack() as stack:
        servers = tuple(
            stack.enter_context(redis_server(folder / str(number), *options, port=_port_with_a_bus()))
            for number in range(MASTERS + REPLICAS)
        )
        cluster = Cluster(servers)
        _join(servers)
        cluster.wait_until_whole()
        yield cluster


def _port_with_a_bus() -> int:
    """A server of a cluster talks to the others on its port + 10000."""
    while (port := free_port()) + BUS_DISTANCE > HIGHEST_PORT:
        pass
    return port


def _join(servers: tuple[Server, ...]) -> None:
    command = ["redis-cli", "--cluster", "create", *(f"127.0.0.1:{one.port}" for one in servers)]
    done = subprocess.run(
        [*command, "--cluster-replicas", "1", "--cluster-yes"],
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _cluster_info(server: Server) -> dict[str, Any]:
    with suppress(RedisError, OSError), closing(Redis(port=server.port, socket_timeout=1)) as client:
        return dict(client.execute_command("CLUSTER INFO"))
    return {"cluster_state": "unknown", "cluster_known_nodes": 0}
