"""`replay` from the command line: what it says of bad input, and how much memory it takes."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.servers import ROOT

AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{}.0.0.{} Safari/537.36"
)
NOON = 1_763_899_200
MEGABYTE = 1_000_000
CLIENTS = 6_500  # about twelve requests each
LOG_MEGABYTES, PROMISED_LOG_MEGABYTES, PROMISED_MEGABYTES = 20, 100, 500


def line(second: float, address: str, target: str, agent: str = AGENT.format(140, 1)) -> str:
    when = datetime.fromtimestamp(NOON + second, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return (
        f'{address} - - [{when}] "GET {target} HTTP/1.1" 200 5120 "https://shop.example/list/7" "{agent}"\n'
    )


def replay(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "decider", "replay", *arguments],
        env={**os.environ, **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


WITH_PEAK = """
import runpy, sys
try:
    runpy.run_module("decider", run_name="__main__", alter_sys=True)
finally:
    print(open("/proc/self/status").read(), file=sys.stderr)
"""


def peak_megabytes(*arguments: str) -> float:
    """Peak resident memory of one replay; not what wait4 tells, which includes our own before the exec."""
    done = subprocess.run(
        [sys.executable, "-c", WITH_PEAK, "replay", "--json", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return int(done.stderr.rpartition("VmHWM:")[2].split()[0]) * 1024 / MEGABYTE


def test_what_cannot_be_read_is_counted_and_said_and_the_rest_is_replayed(tmp_path: Path) -> None:
    log, packed = tmp_path / "access.log", tmp_path / "old.log.gz"
    log.write_text(
        line(5, "2001:db8::7", "/late")
        + line(1, "203.0.113.7", "/early")
        + '203.0.113.8 - - [23/Nov/2025:07:00:02 -0500] "\\x16\\x03\\x01" 400 0 "-" "-"\n'
        + "\x1b[31mno log at all\n"
        + line(2, "203.0.113.9", "/zone").replace("12:00:02 +0000", "17:45:02 +0545")
    )
    whole = gzip.compress("".join(line(n, "203.0.113.10", f"/{n}") for n in range(2_000)).encode())
    packed.write_bytes(whole[: len(whole) // 2])
    said = replay(str(log), str(packed))
    assert said.returncode == 0, said.stderr
    assert "1 lines were no HTTP request" in said.stdout
    assert "?[31mno log at all" in said.stdout
    assert f"{packed} is cut short; read up to there" in said.stdout
    answer = json.loads(replay("--json", str(log), str(packed)).stdout)
    assert answer["first"] == NOON
    assert answer["not_http"] == 1
    assert answer["unreadable"] >= 1
    assert answer["cut_short"] == [str(packed)]
    assert answer["clients"] == 4
    assert answer["requests"] + answer["not_http"] + answer["unreadable"] == answer["lines"]


def test_a_candidate_is_compared_with_the_running_policy(tmp_path: Path) -> None:
    log, candidate, running = tmp_path / "access.log", tmp_path / "new.toml", tmp_path / "now.toml"
    log.write_text(line(1, "203.0.113.7", "/") + line(2, "203.0.113.8", "/"))
    candidate.write_text("[lists]\ndeny = ['203.0.113.7/32']\n")
    running.write_text("[lists]\ndeny = ['203.0.113.8/32']\n")
    said = replay(str(log), "--policy", str(candidate), "--json", DECIDER_POLICY=str(running))
    compared = json.loads(said.stdout)["comparison"]
    assert [one["client"] for one in compared["clients_now_blocked"]] == ["203.0.113.7"]
    assert [one["client"] for one in compared["clients_no_longer_blocked"]] == ["203.0.113.8"]
    assert "comparison" not in json.loads(replay(str(log), "--json", DECIDER_POLICY=str(running)).stdout)


def test_a_log_of_100_mb_takes_less_than_500_mb(tmp_path: Path) -> None:
    """At 20 MB, and all that comes on top of an empty log taken five times, though caches and records end."""
    chance = random.Random(7)
    empty, log = tmp_path / "empty.log", tmp_path / "access.log"
    empty.write_text("")
    written, number = 0, 0
    with log.open("w") as file:
        while written < LOG_MEGABYTES * MEGABYTE:
            client = chance.randrange(CLIENTS)
            address = f"81.{client >> 8}.{client & 255}.9"
            agent = AGENT.format(chance.randrange(110, 145), chance.randrange(100))
            number += 1
            written += file.write(line(number / 20, address, f"/item-{number}", agent))
    base, peak = peak_megabytes(str(empty)), peak_megabytes(str(log))
    assert base < peak
    assert base + (peak - base) * PROMISED_LOG_MEGABYTES / LOG_MEGABYTES < PROMISED_MEGABYTES, (base, peak)
