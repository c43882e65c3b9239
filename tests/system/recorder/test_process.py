"""Start, stop, settings: what an operator meets."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.servers import ROOT
from tests.system.recorder.conftest import RunningRecorder, event, line, wait_until


def recorder_command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "decider.recorder", *arguments],
        env={**os.environ, **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_help_names_every_setting() -> None:
    shown = recorder_command("--help")
    assert shown.returncode == 0
    for name in ("REDIS_URL", "MONGODB_URI", "ACCESS_LOG_BIND", "RETENTION_EVENTS_DAYS", "DECIDER_NODE"):
        assert name in shown.stdout


def test_all_faulty_settings_are_told_at_once_without_secrets() -> None:
    refused = recorder_command(
        REDIS_URL="http://:hunter2@redis/0",
        MONGODB_URI="mongodb://user:hunter2@/host:x",
        ACCESS_LOG_BIND="tcp:1.2.3.4:5",
        RETENTION_EVENTS_DAYS="0",
        RETENTION_TRAFFIC_DAYS="soon",
        DECIDER_NODE="edge 1",
    )
    assert refused.returncode == 2
    faults = refused.stderr.splitlines()
    names = ["REDIS_URL", "DECIDER_NODE", "MONGODB_URI", "ACCESS_LOG_BIND"]
    names += ["RETENTION_EVENTS_DAYS", "RETENTION_TRAFFIC_DAYS"]
    assert [fault.split()[1] for fault in faults] == names
    assert "hunter2" not in refused.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ACCESS_LOG_BIND", "unix:/no/such/folder/access.sock"),
        ("ACCESS_LOG_BIND", "udp:192.0.2.1:5140"),
        ("DECIDER_POLICY", "/no/such/policy.toml"),
    ],
)
def test_one_wrong_setting_is_one_clear_line(name: str, value: str) -> None:
    refused = recorder_command(**{"ACCESS_LOG_BIND": "udp:127.0.0.1:9", name: value})
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert name in refused.stderr


def test_sigterm_ends_it_within_three_seconds_and_writes_what_is_open(recorder: RunningRecorder) -> None:
    ids = recorder.add(*(event() for _ in range(500)))
    recorder.send(*(line() for _ in range(10)))
    time.sleep(0.1)
    assert recorder.stop() < 3
    assert recorder.total("requests") == 10
    recorder.start()
    wait_until(lambda: sorted(recorder.recorded()) == sorted(ids), "all events")


def test_a_frozen_mongodb_does_not_keep_it_from_ending(recorder: RunningRecorder) -> None:
    wait_until(lambda: recorder.status() != {}, "running")
    recorder.mongo_server.freeze()
    try:
        recorder.add(event())
        recorder.send(line())
        time.sleep(1.2)
        assert recorder.stop() < 3
    finally:
        recorder.mongo_server.kill()
        recorder.mongo_server.start()


def test_passwords_are_never_logged(stopped_recorder: RunningRecorder) -> None:
    recorder = stopped_recorder
    recorder.environment["REDIS_URL"] = recorder.redis_server.url.replace("redis://", "redis://ada:hunter2@")
    uri = recorder.environment["MONGODB_URI"].replace("mongodb://", "mongodb://ada:hunter2@")
    recorder.environment["MONGODB_URI"] = uri
    recorder.start()
    wait_until(lambda: "redis_unreachable" in recorder.log, "refused")
    time.sleep(0.5)
    assert "hunter2" not in recorder.log
    assert "Traceback" not in recorder.log


def test_old_documents_go_at_the_start(stopped_recorder: RunningRecorder) -> None:
    recorder, now = stopped_recorder, datetime.now(UTC)
    recorder.mongo.events.insert_many(
        {"_id": f"old-{number}", "kind": "would_block", "ts": now - timedelta(days=31, seconds=number % 900)}
        for number in range(12_000)
    )
    recorder.mongo.events.insert_one({"_id": "young", "kind": "would_block", "ts": now - timedelta(days=29)})
    recorder.mongo.traffic.insert_many(
        {"_id": f"edge:{day}", "ts": now - timedelta(days=day, minutes=1)} for day in range(5)
    )
    recorder.start()
    wait_until(lambda: recorder.recorded() == ["young"], "old events are gone")
    wait_until(lambda: recorder.mongo.traffic.count_documents({}) == 2, "old traffic is gone")
    indexes = {tuple(one["key"]) for one in recorder.mongo.events.list_indexes()}
    assert {("ts",), ("kind", "ts"), ("client", "ts"), ("request_id",)} <= indexes
