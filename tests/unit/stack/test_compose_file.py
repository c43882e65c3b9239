"""docker-compose.yml against the Compose specification and against what we promise about it."""

import re
import subprocess
from typing import Any

import pytest
import yaml

from tests.compose_file import FILE, services, variables
from tests.servers import ROOT

PASSWORDS = {
    "REDIS_PASSWORD": "r3d1s",
    "MONGO_PASSWORD": "m0ng0",
    "DASHBOARD_USERS": "anna:viewer:hash",
    "DASHBOARD_SECRET": "s" * 32,
}
ALL = services(PASSWORDS)
EACH_SERVICE = pytest.mark.parametrize("service", ALL.values(), ids=list(ALL))


def test_it_follows_the_compose_specification() -> None:
    tool = ROOT / ".venv" / "bin" / "check-jsonschema"
    done = subprocess.run(
        [tool, "--builtin-schema", "vendor.compose-spec", FILE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_the_seven_services() -> None:
    assert set(ALL) == {"nginx", "decider", "recorder", "dash_app", "redis", "mongo", "shop"}


def test_only_the_gateway_and_on_loopback_the_dashboard_are_published() -> None:
    published = {name: service["ports"] for name, service in ALL.items() if "ports" in service}
    assert published == {"nginx": ["8080:8080"], "dash_app": ["127.0.0.1:8050:8050"]}


@EACH_SERVICE
def test_nobody_is_root_and_nothing_can_be_written_or_gained(service: dict[str, Any]) -> None:
    uid, _, gid = service["user"].partition(":")
    assert int(uid) > 0
    assert int(gid) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@EACH_SERVICE
def test_every_service_has_a_health_check(service: dict[str, Any]) -> None:
    assert service["healthcheck"]["test"][0] == "CMD"


@EACH_SERVICE
def test_every_image_is_pinned_to_a_full_version(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+(-[a-z]+)?", service["image"])


def test_the_image_of_ours_is_built_on_a_pinned_python_and_does_not_run_as_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^FROM python:\d+\.\d+\.\d+-slim-bookworm$", text, re.MULTILINE)
    assert text.rindex("\nUSER decider") > text.rindex("\nRUN ")


def test_a_password_that_nobody_chose_stops_the_start() -> None:
    for name in PASSWORDS:
        with pytest.raises(KeyError, match=name):
            services({key: value for key, value in PASSWORDS.items() if key != name})
    assert not re.search(r"hunter|changeme|secret", FILE.read_text())


def test_the_stores_are_out_of_reach_of_the_gateway_and_of_the_world() -> None:
    networks = yaml.safe_load(FILE.read_text())["networks"]
    assert networks["stores"]["internal"] is True
    for name in ("redis", "mongo"):
        assert ALL[name]["networks"] == ["stores"]
    assert ALL["nginx"]["networks"] == ["front"]


def test_every_variable_is_explained_in_the_example_file() -> None:
    explained = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert variables() <= explained
