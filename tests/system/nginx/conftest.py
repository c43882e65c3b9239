"""A gateway for each test; its files are written once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.nginx.running_nginx import AccessLog, Places, RunningNginx, render, running
from tests.system.nginx.scripted_decider import allows
from tests.system.nginx.scripted_server import Answer, ScriptedServer

PAGE = Answer(200, {"Content-Type": "text/html", "X-Made-By": "application"}, b"<h1>shop</h1>")


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """The shipped gateway with addresses of this machine."""
    return render(tmp_path_factory.mktemp("gateway"))


def between(places: Places) -> RunningNginx:
    """nginx between a decider that allows and an application that answers a page; nothing is started."""
    return RunningNginx(
        places,
        ScriptedServer(places.decider_socket, allows()),
        ScriptedServer(places.application_port, lambda _: PAGE),
        AccessLog(places.access_socket),
    )


@pytest.fixture
def gateway(places: Places) -> Iterator[RunningNginx]:
    """A fresh nginx with fresh neighbours."""
    with running(between(places)) as one:
        yield one
