"""Each service of docker-compose.yml runs with its own command line and the environment the file gives it.

No container engine is needed: hosts become loopback ports, container paths become folders, and MongoDB's
own program is played by the embedded server. What is tested is that commands, variables, sockets, ports
and health checks fit each other and the programs.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from werkzeug.security import generate_password_hash

from tests.compose_file import services
from tests.servers import ROOT, dies_with_us, free_port, mongo_server
from tests.system.stack.test_running_copy import answers, eventually

PASSWORDS = {
    "REDIS_PASSWORD": "r3d1s",
    "MONGO_PASSWORD": "m0ng0",
    "DASHBOARD_USERS": f"anna:viewer:{generate_password_hash('a good password', 'scrypt:16384:8:1')}",
    "DASHBOARD_SECRET": "s" * 32,
}
STOP_SECONDS = 20.0
VENV_BIN = ROOT / ".venv" / "bin"


class Composed:
    """The file's services as processes of this machine."""

    def __init__(self, folder: Path, mongo_port: int) -> None:
        self.folder = folder
        self.services = services(PASSWORDS)
        self.gateway_port, self.dashboard_port, shop_port, self.redis_port = (free_port() for _ in range(4))
        sockets = folder / "sockets"
        sockets.mkdir()
        shipped = folder / "shipped"
        shipped.mkdir()
        for source in (ROOT / "nginx").rglob("*.conf"):
            text = source.read_text().replace("/run/decider", str(sockets))
            copy = shipped / source.relative_to(ROOT / "nginx")
            copy.parent.mkdir(exist_ok=True)
            copy.write_text(text.replace("listen 8080;", f"listen {self.gateway_port};"))
        # longest first: a container path must not be taken for the start of another
        self._places = {
            "/run/decider": str(sockets),
            "/etc/decider": str(shipped),
            "/tmp/nginx": str(folder / "nginx"),  # noqa: S108  a path inside the container
            # a container's nginx is one user throughout; as root here its workers could not enter our folder
            "daemon off;": "daemon off; user root;" if os.geteuid() == 0 else "daemon off;",
            "0.0.0.0:8050": f"127.0.0.1:{self.dashboard_port}",
            "127.0.0.1:8050": f"127.0.0.1:{self.dashboard_port}",
            "0.0.0.0:8000": f"127.0.0.1:{shop_port}",
            "127.0.0.1:8000": f"127.0.0.1:{shop_port}",
            "127.0.0.1:8080": f"127.0.0.1:{self.gateway_port}",
            "shop:8000": f"127.0.0.1:{shop_port}",
            "redis:6379": f"127.0.0.1:{self.redis_port}",
            "mongo:27017": f"127.0.0.1:{mongo_port}",
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def here(self, text: str) -> str:
        """A container's path or address as one of this machine."""
        for there, place in self._places.items():
            text = text.replace(there, place)
        return text

    def environment(self, name: str) -> Mapping[str, str]:
        """Exactly what the file gives, besides where programs are."""
        given: dict[str, Any] = self.services[name].get("environment", {})
        path = f"{VENV_BIN}:{os.environ['PATH']}:/usr/sbin"
        return {"PATH": path, **{key: self.here(str(value)) for key, value in given.items()}}

    def start(self, name: str, *more: str) -> None:
        """The service's command, with ``more`` arguments that only this machine needs."""
        command = [self.here(word) for word in self.services[name]["command"]]
        program = shutil.which(command[0], path=self.environment(name)["PATH"])
        assert program, f"{command[0]} is not installed"
        with (self.folder / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                dies_with_us([program, *command[1:], *more]),
                cwd=ROOT,
                env=dict(self.environment(name)),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def start_redis(self) -> None:
        self.start("redis", "--port", str(self.redis_port), "--dir", str(self.folder))

    def healthy(self, name: str) -> bool:
        """The service's own health check."""
        test = [self.here(word) for word in self.services[name]["healthcheck"]["test"][1:]]
        if test[0] == "redis-cli":
            test[1:1] = ["-p", str(self.redis_port)]
        done = subprocess.run(
            test, cwd=ROOT, env=dict(self.environment(name)), capture_output=True, timeout=30, check=False
        )
        return done.returncode == 0

    def wait_until_healthy(self, name: str) -> None:
        log = self.folder / f"{name}.log"
        eventually(lambda: self.healthy(name), f"{name} does not get healthy: see {log}")
        assert self._processes[name].poll() is None, log.read_text(errors="replace")

    def stop(self) -> None:
        for process in reversed(self._processes.values()):
            process.terminate()
        for process in self._processes.values():
            process.wait(STOP_SECONDS)


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    """All seven, started in the order of their dependencies."""
    folder = tmp_path_factory.mktemp("compose")
    with ExitStack() as cleanup:
        mongo = cleanup.enter_context(mongo_server(folder / "mongo"))
        with MongoClient[dict[str, Any]](mongo.url) as client:
            # what the official image does with MONGO_INITDB_ROOT_USERNAME and _PASSWORD
            client.admin.command(
                "createUser",
                "decider",
                pwd=PASSWORDS["MONGO_PASSWORD"],
                roles=[{"role": "root", "db": "admin"}],
            )
        composed = Composed(folder, mongo.port)
        cleanup.callback(composed.stop)
        composed.start_redis()
        composed.wait_until_healthy("redis")
        for name in ("decider", "recorder", "dash_app", "shop"):
            composed.start(name)
        for name in ("decider", "shop"):  # what nginx waits for
            composed.wait_until_healthy(name)
        composed.start("nginx")
        yield composed


@pytest.mark.parametrize("name", ["decider", "recorder", "dash_app", "shop", "nginx"])
def test_a_service_gets_healthy_with_what_the_file_gives_it(composed: Composed, name: str) -> None:
    composed.wait_until_healthy(name)


def test_the_gateway_passes_on_what_the_decider_allows(composed: Composed) -> None:
    composed.wait_until_healthy("nginx")
    assert answers(f"http://127.0.0.1:{composed.gateway_port}/")


def test_the_dashboard_answers_where_the_file_publishes_it(composed: Composed) -> None:
    assert answers(f"http://127.0.0.1:{composed.dashboard_port}/")


def test_the_stores_refuse_who_has_no_password(composed: Composed) -> None:
    environment = {key: value for key, value in composed.environment("redis").items() if key == "PATH"}
    assert composed.environment("redis")["REDISCLI_AUTH"] == PASSWORDS["REDIS_PASSWORD"]
    done = subprocess.run(
        ["redis-cli", "-p", str(composed.redis_port), "ping"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    assert "NOAUTH" in done.stdout
