"""An operator lets a blocked client in while it goes on asking: in effect within three seconds."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.running_stack import RunningStack, run_stack

EFFECT_SECONDS = 3.0
MOST_REQUESTS = 200
PAUSE_SECONDS = 0.02  # so that its block is always in the deny cache
LEASE_BACK_SECONDS = 35.0  # twenty-five after it was dropped, and a busy machine
HELD_SECONDS = 2.2  # all workers, and every worker of nginx, have seen it
KEPT_SECONDS = 1.0  # the block has been repeated for some time


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with run_stack(tmp_path_factory.mktemp("readmission")) as running:
        yield running


def ask(stack: RunningStack, client: str) -> tuple[int, str | None]:
    """Status and Retry-After, which stays the same while Nginx repeats a block by itself."""
    request = urllib.request.Request(f"{stack.gateway_url}/checkout", headers={"X-Forwarded-For": client})
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            return int(reply.status), None
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Retry-After"]


def status(stack: RunningStack, client: str) -> int:
    return ask(stack, client)[0]


@pytest.mark.parametrize("later", [0.0, 0.35, 0.7])  # Nginx counts whole seconds: the moment matters
@pytest.mark.parametrize("action", ["unban", "allow"])
def test_a_client_that_asks_all_the_time_gets_in_within_three_seconds(
    stack: RunningStack, action: str, later: float
) -> None:
    client = f"198.18.{['unban', 'allow'].index(action)}.{round(later * 100)}"
    assert any(status(stack, client) == 403 for _ in range(MOST_REQUESTS))
    keep_asking(stack, client, until=time.time() + KEPT_SECONDS)
    kept = ask(stack, client)
    while ask(stack, client) == kept:  # until Nginx has a fresh one, with all its time before it
        time.sleep(PAUSE_SECONDS)
    keep_asking(stack, client, until=time.time() + later)
    command = subprocess.Popen([stack.command, action, client], stdout=subprocess.DEVNULL)
    while command.poll() is None:
        keep_asking(stack, client, until=time.time() + PAUSE_SECONDS)
    assert command.returncode == 0
    done = time.time()
    while status(stack, client) == 403:
        assert time.time() - done < EFFECT_SECONDS
        time.sleep(PAUSE_SECONDS)


@pytest.mark.parametrize("action", ["unban", "allow"])
def test_a_block_that_is_kept_under_the_lease_is_called_back_in_time(
    stack: RunningStack, action: str
) -> None:
    client = f"198.19.0.{['unban', 'allow'].index(action)}"
    give_up = time.time() + LEASE_BACK_SECONDS
    while not (stack.run_dir / "deny.lease").exists():  # an action before this one dropped it
        assert time.time() < give_up
        time.sleep(PAUSE_SECONDS)
    time.sleep(HELD_SECONDS)
    assert any(status(stack, client) == 403 for _ in range(MOST_REQUESTS))
    kept, since = ask(stack, client), time.time()
    while ask(stack, client) == kept:
        time.sleep(PAUSE_SECONDS)
    assert time.time() - since > EFFECT_SECONDS  # it is kept for longer than without
    subprocess.run([stack.command, action, client], stdout=subprocess.DEVNULL, check=True)
    done = time.time()
    while status(stack, client) == 403:
        assert time.time() - done < EFFECT_SECONDS
        time.sleep(PAUSE_SECONDS)


def keep_asking(stack: RunningStack, client: str, until: float) -> None:
    while time.time() < until:
        status(stack, client)
        time.sleep(PAUSE_SECONDS)
