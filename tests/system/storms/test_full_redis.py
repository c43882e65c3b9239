"""The shipped command that sprays a small Redis with new addresses, with a spray that fits a test."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.servers import ROOT, dies_with_us

CLIENTS, MEGABYTES, BANS = 30_000, 8, 100


def test_bans_lists_and_events_survive_and_every_sprayed_request_is_decided() -> None:
    command = [sys.executable, "-m", "load.bench.spray", "--json", "--clients", str(CLIENTS)]
    done = subprocess.run(
        dies_with_us([*command, "--megabytes", str(MEGABYTES), "--bans", str(BANS)]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["evicted"] > 0
    assert told["bans_held"] == BANS
    assert told["listed_denied"] == 1
    assert told["allowed"] == CLIENTS
    assert told["events_in_stream"] >= BANS
