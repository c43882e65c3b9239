"""What an operator gets from `make run`, and what survives when a part of it dies."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.running_stack import RunningStack, run_stack_command

RECOVERY_SECONDS = 20.0


def answers(url: str) -> bool:
    """Whether a GET is answered with success."""
    try:
        with urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (URLError, HTTPException, OSError):
        return False


def eventually(holds: Callable[[], bool], message: str) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while not holds():
        assert time.monotonic() < deadline, message
        time.sleep(0.1)


def pid_of(stack: RunningStack, service: str) -> int:
    """As `status` shows it; 0 while the service is not running."""
    shown = run_stack_command("status", RUN_DIR=str(stack.run_dir)).stdout
    found = re.search(rf"^{service}\s+RUNNING\s+(\d+)", shown, re.MULTILINE)
    return int(found[1]) if found else 0


def kill_and_wait_for_the_next(stack: RunningStack, service: str) -> None:
    before = pid_of(stack, service)
    assert before, f"{service} does not run"
    os.kill(before, signal.SIGKILL)
    eventually(lambda: pid_of(stack, service) not in (0, before), f"{service} did not come back")


def test_the_gateway_answers_with_the_sample_shop(running_stack: RunningStack) -> None:
    assert answers(running_stack.gateway_url)


def test_the_dashboard_answers(running_stack: RunningStack) -> None:
    assert answers(running_stack.dashboard_url)


def test_the_banner_says_where_everything_is(running_stack: RunningStack) -> None:
    for place in (
        running_stack.gateway_url,
        running_stack.dashboard_url,
        running_stack.command,
        str(running_stack.run_dir / "logs"),
    ):
        assert place in running_stack.output


def test_the_banner_shows_the_password_of_the_dashboard_and_only_its_owner_can_read_where_it_is_kept(
    running_stack: RunningStack,
) -> None:
    password = running_stack.dashboard_password
    assert len(password) >= 20
    assert running_stack.output.count(password) == 1
    folder = running_stack.run_dir / "dashboard"
    assert {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())} == {
        "dashboard": 0o700,
        "password": 0o600,
        "users": 0o600,
        "secret": 0o600,
    }
    assert password not in (folder / "users").read_text()
    assert password not in (running_stack.run_dir / "stack.env").read_text()


def test_the_password_of_the_banner_signs_in_and_no_other_does(running_stack: RunningStack) -> None:
    assert sign_in_status(running_stack, running_stack.dashboard_password) == 303
    assert sign_in_status(running_stack, "operator") == 401


def sign_in_status(stack: RunningStack, password: str) -> int:
    connection = HTTPConnection("127.0.0.1", stack.dashboard_port, timeout=5)
    form = urlencode({"name": "operator", "password": password})
    headers = {"Origin": stack.dashboard_url, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", form, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_status_shows_every_process_running(running_stack: RunningStack) -> None:
    # supervisor calls a process STARTING for its first second
    eventually(lambda: pid_of(running_stack, "nginx") > 0, "nginx does not run")
    done = run_stack_command("status", RUN_DIR=str(running_stack.run_dir))
    assert done.returncode == 0, done.stdout
    for service in ("nginx", "decider", "recorder", "dashboard", "shop", "redis", "mongo"):
        assert re.search(rf"^{service}\s+RUNNING", done.stdout, re.MULTILINE), done.stdout


def test_the_command_in_the_run_dir_talks_to_this_copy(running_stack: RunningStack) -> None:
    done = subprocess.run(
        [running_stack.command, "status", "--json"], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_second_copy_in_the_same_folder_is_refused_with_the_way_out(running_stack: RunningStack) -> None:
    done = run_stack_command(
        "up", RUN_DIR=str(running_stack.run_dir), GATEWAY_PORT="18999", DASHBOARD_PORT="18998"
    )
    assert done.returncode == 1
    assert f"pid {running_stack.process.pid}" in done.stderr
    assert "make stop" in done.stderr


def test_a_killed_recorder_comes_back(running_stack: RunningStack) -> None:
    kill_and_wait_for_the_next(running_stack, "recorder")


def test_a_killed_decider_comes_back_and_no_visitor_notices(running_stack: RunningStack) -> None:
    before = pid_of(running_stack, "decider")
    os.kill(before, signal.SIGKILL)
    assert all(answers(running_stack.gateway_url) for _ in range(20))
    eventually(lambda: pid_of(running_stack, "decider") not in (0, before), "the decider did not come back")


def test_a_killed_nginx_comes_back_on_the_port_that_its_orphaned_workers_held(
    running_stack: RunningStack,
) -> None:
    kill_and_wait_for_the_next(running_stack, "nginx")
    eventually(lambda: answers(running_stack.gateway_url), "the gateway did not come back")
