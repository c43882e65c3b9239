"""Every setting: what is taken, what is refused, and that no fault shows a password."""

from datetime import timedelta
from pathlib import Path

import pytest

from decider.core.errors import SettingsError
from decider.recorder.settings import RecorderSettings


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = RecorderSettings.from_environment({"DECIDER_NODE": "edge-1"})
    assert settings.mongodb_uri == "mongodb://127.0.0.1:27017/?directConnection=true"
    assert settings.access_bind.path == Path("/run/decider/access.sock")
    assert (settings.keep_events, settings.keep_traffic) == (timedelta(days=30), timedelta(days=2))
    assert settings.keep_traffic_minutes == timedelta(days=8)
    assert settings.keep_traffic_hours == timedelta(days=400)


def test_every_setting_is_read() -> None:
    settings = RecorderSettings.from_environment(
        {
            "REDIS_URL": "redis://redis:6379/3",
            "MONGODB_URI": "mongodb+srv://cluster.example/shop",
            "ACCESS_LOG_BIND": "udp:[::1]:5140",
            "RETENTION_EVENTS_DAYS": "90",
            "RETENTION_TRAFFIC_DAYS": "7",
            "RETENTION_TRAFFIC_MINUTES_DAYS": "31",
            "RETENTION_TRAFFIC_HOURS_DAYS": "3650",
            "DECIDER_NODE": "edge-1",
        }
    )
    assert settings.shared.redis_url == "redis://redis:6379/3"
    assert (settings.access_bind.host, settings.access_bind.port) == ("::1", 5140)
    assert (settings.keep_events, settings.keep_traffic) == (timedelta(days=90), timedelta(days=7))
    assert settings.keep_traffic_minutes == timedelta(days=31)
    assert settings.keep_traffic_hours == timedelta(days=3650)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "http://:hunter2@redis/0"),
        ("REDIS_URL", "redis://ada:hunter2@127.0.0.1:port/0"),
        ("REDIS_URL", "redis://ada:hunter2@[::1/0"),
        ("MONGODB_URI", "postgres://ada:hunter2@host/decider"),
        ("MONGODB_URI", "mongodb://"),
        ("MONGODB_URI", "mongodb+srv://"),
        ("MONGODB_URI", "mongodb://ada:hunter2@host:99999/decider"),
        ("MONGODB_URI", "mongodb://ada:hunter2/x@host/decider"),
        ("MONGODB_URI", "mongodb://host/a b$c"),
        ("ACCESS_LOG_BIND", "/run/decider/access.sock"),
        ("ACCESS_LOG_BIND", "unix:relative.sock"),
        ("ACCESS_LOG_BIND", "unix:/" + "x" * 107),
        ("ACCESS_LOG_BIND", "tcp:127.0.0.1:5140"),
        ("ACCESS_LOG_BIND", "udp:127.0.0.1"),
        ("ACCESS_LOG_BIND", "udp:127.0.0.1:0"),
        ("ACCESS_LOG_BIND", "udp:127.0.0.1:65536"),
        ("RETENTION_EVENTS_DAYS", "0"),
        ("RETENTION_EVENTS_DAYS", "-1"),
        ("RETENTION_TRAFFIC_DAYS", "1.5"),
        ("RETENTION_TRAFFIC_DAYS", "9" * 30),
        ("RETENTION_TRAFFIC_DAYS", "²"),
        ("RETENTION_TRAFFIC_MINUTES_DAYS", "0"),
        ("RETENTION_TRAFFIC_HOURS_DAYS", "3651"),
        ("DECIDER_NODE", "edge:1"),
        ("REDIS_SHARDS", "0"),
    ],
)
def test_a_wrong_setting_is_one_fault_that_names_it(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        RecorderSettings.from_environment({"DECIDER_NODE": "edge-1", name: value})
    (fault,) = caught.value.faults
    assert fault.startswith(name)
    assert "hunter2" not in fault
