"""Access lines to traffic seconds: each line once, in one second, whatever arrives with it."""

import random
import signal
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path

from tests.system.recorder.conftest import RunningRecorder, line, wait_until

BLOCKED = {"status": "403", "verdict": "block", "reasons": "burst=0.62,regularity=0.41", "uri": "/checkout"}


def test_lines_become_one_document_a_second(recorder: RunningRecorder) -> None:
    for _ in range(22):
        recorder.send(line(), line(**BLOCKED), line(**BLOCKED, deny_cache="HIT"), line(verdict="would-block"))
        time.sleep(0.1)
    wait_until(lambda: recorder.total("requests") == 88, "88 requests")
    seconds = list(recorder.mongo.traffic.find().sort("ts"))
    assert len(seconds) in (2, 3, 4)
    assert [one["_id"] for one in seconds] == [f"edge:{int(one['ts'].timestamp())}" for one in seconds]
    totals = {name: recorder.total(name) for name in ("allowed", "blocked", "cached_denies", "would_block")}
    assert totals == {"allowed": 44, "blocked": 44, "cached_denies": 22, "would_block": 22}
    assert recorder.total("upstream_bytes") == 44_000
    assert {place["country"] for one in seconds for place in one["by_country"]} == {"GB"}
    assert {signal["signal"] for one in seconds for signal in one["by_signal"]} == {"burst"}
    assert {route["route"] for one in seconds for route in one["by_route"]} == {"checkout", "page"}


def test_minutes_and_hours_agree_with_the_seconds(recorder: RunningRecorder) -> None:
    for _ in range(3):
        recorder.send(*(line() for _ in range(40)), *(line(**BLOCKED) for _ in range(10)))
        time.sleep(1)
    wait_until(lambda: recorder.total("requests", "traffic_hour") == 150, "an hour with all of them", 30)
    for collection in ("traffic", "traffic_minute", "traffic_hour"):
        totals = {name: recorder.total(name, collection) for name in ("allowed", "blocked", "upstream_bytes")}
        assert totals == {"allowed": 120, "blocked": 30, "upstream_bytes": 120_000}, collection
    for one in recorder.mongo.traffic_minute.find():
        assert one["_id"] == f"edge:{int(one['ts'].timestamp()) // 60}"
        assert {share["route"] for share in one["by_route"]} == {"checkout", "page"}


def test_hostile_datagrams_are_counted_and_harm_nobody(recorder: RunningRecorder) -> None:
    chance = random.Random(7)
    hostile = [
        b"",
        b"\x00" * 500,
        b"\xff" * 60_000,
        b'{"a":' * 12_000,
        b"[" * 60_000,
        line()[:-30],
        line(status="\u0664\u0660\u0663"),
        line(address="$(reboot)\r\n; DROP", uri="/\x00\u202e<script>" + "../" * 4000, bytes_sent="9" * 400),
        line(reasons="=" * 9000, verdict="block", deny_cache="HIT", status="403"),
        line(upstream_seconds="1e308, nan : inf"),
        *(chance.randbytes(chance.randrange(1, 3000)) for _ in range(300)),
    ]
    hostile += [bytes(b ^ (chance.random() < 0.02) * 0x55 for b in line()) for _ in range(200)]
    recorder.send(*hostile, line())
    wait_until(
        lambda: recorder.status().get("access_lines") == len(hostile), "all read"
    )  # an empty one is none
    status = recorder.status()
    assert status["malformed_lines"] >= 300
    wait_until(
        lambda: recorder.total("requests") + recorder.total("malformed_lines") == len(hostile),
        "each counted once",
    )
    assert not recorder.ended()
    assert "Traceback" not in recorder.log


def test_a_restart_within_a_second_counts_every_line_once(recorder: RunningRecorder) -> None:
    recorder.send(*(line() for _ in range(50)))
    time.sleep(0.2)
    assert recorder.stop() < 3
    recorder.start()
    recorder.send(*(line() for _ in range(50)))
    wait_until(lambda: recorder.total("requests") == 100, "100 requests")
    assert "traffic_seconds_lost" not in recorder.log


def test_a_fail_open_episode_has_a_beginning_and_an_end(recorder: RunningRecorder) -> None:
    recorder.send(*(line(verdict="fail-open", fail_open="1") for _ in range(5)))
    (started,) = wait_until(lambda: recorder.events("fail_open_started"), "started")
    assert started["node"] == "edge"
    wait_until(lambda: recorder.status().get("fail_open_running") is True, "status tells")
    recorder.send(line(verdict="fail-open", fail_open="1"))
    wait_until(lambda: recorder.total("fail_open") == 6, "all counted")
    recorder.stop()  # ends the episode; ten quiet seconds, which do too, are the unit tests' business
    recorder.start()
    (ended,) = wait_until(lambda: recorder.events("fail_open_ended"), "ended")
    assert ended["count"] == 6
    assert len(recorder.events("fail_open_started")) == 1


def test_what_the_kernel_had_to_drop_is_counted(recorder: RunningRecorder) -> None:
    assert recorder.process is not None
    recorder.process.send_signal(signal.SIGSTOP)
    big = line(user_agent="x" * 1500)
    sent = 20_000
    for _ in range(sent):
        recorder.sender.send(big)
    recorder.process.send_signal(signal.SIGCONT)
    dropped = wait_until(lambda: recorder.status().get("dropped_datagrams"), "drops are told")
    assert recorder.status()["drops_countable"] is True
    wait_until(lambda: recorder.total("requests") == sent - dropped, "the others are counted")


def over_unix(recorder: RunningRecorder, path: Path) -> None:
    recorder.environment["ACCESS_LOG_BIND"] = f"unix:{path}"


def test_a_unix_socket_works_and_replaces_what_a_dead_recorder_left(
    stopped_recorder: RunningRecorder,
) -> None:
    recorder, path = stopped_recorder, stopped_recorder.log_path.parent / "access.sock"
    over_unix(recorder, path)
    recorder.start()
    recorder.kill()
    assert path.is_socket()
    recorder.start()
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as nginx:
        nginx.connect(str(path))
        nginx.send(line())
    wait_until(lambda: recorder.total("requests") == 1, "the line")
    recorder.stop()
    assert not path.exists()


def test_a_second_recorder_on_the_same_address_refuses_to_start(stopped_recorder: RunningRecorder) -> None:
    recorder, path = stopped_recorder, stopped_recorder.log_path.parent / "access.sock"
    for bind in (f"unix:{path}", recorder.environment["ACCESS_LOG_BIND"]):
        recorder.environment["ACCESS_LOG_BIND"] = bind
        recorder.start()
        first = recorder.process
        second = recorder.launch()
        assert second.wait(10) == 2
        assert "ACCESS_LOG_BIND" in recorder.log.splitlines()[-1]
        assert isinstance(first, subprocess.Popen)
        assert first.poll() is None
        recorder.process = first
        recorder.kill()
