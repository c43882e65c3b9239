"""Every setting of the decider: what is taken, what is refused, and that nothing shows a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from decider.core.errors import SettingsError
from decider.core.policy import Mode
from decider.redis_url import cluster_nodes, redacted, redis_url_fault
from decider.settings import Settings

NODE = {"DECIDER_NODE": "edge-1"}  # so that no test depends on this machine's name


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment(NODE)
    assert settings.redis_url == "redis://127.0.0.1:6379/0"
    assert settings.bind == "unix:/run/decider/decider.sock"
    assert (settings.workers, settings.redis_shards, settings.allow_status) == (1, 1, 204)
    assert (settings.policy_path, settings.mode, settings.geoip_city_db) == (None, None, None)
    assert settings.geoip_country_db.is_file()
    assert settings.geoip_asn_db.is_file()


def test_an_empty_value_is_no_value() -> None:
    names: tuple[str, ...] = (
        "REDIS_URL",
        "DECIDER_BIND",
        "DECIDER_WORKERS",
        "DECIDER_POLICY",
        "DECIDER_MODE",
        "DECIDER_DENY_LEASE",
    )
    names += ("DECIDER_ALLOW_STATUS", "REDIS_SHARDS", "GEOIP_COUNTRY_DB", "GEOIP_ASN_DB", "GEOIP_CITY_DB")
    assert Settings.from_environment({**NODE, **dict.fromkeys(names, "")}) == Settings.from_environment(NODE)


def test_every_setting_is_read() -> None:
    settings = Settings.from_environment(
        {
            "REDIS_URL": "rediss://ada:secret@cache.example:6380/3?ssl_cert_reqs=required",
            "REDIS_SHARDS": "16",
            "DECIDER_BIND": "[::1]:9000",
            "DECIDER_WORKERS": "4",
            "DECIDER_POLICY": "/etc/decider/policy.toml",
            "DECIDER_MODE": "observe",
            "DECIDER_PROFILE": "shop",
            "DECIDER_ALLOW_STATUS": "200",
            "DECIDER_DNS": "[::1]:5353",
            "DECIDER_DENY_LEASE": "/run/decider/deny.lease",
            "DECIDER_NODE": "edge-1.example",
            "GEOIP_COUNTRY_DB": "/geo/country.mmdb",
            "GEOIP_ASN_DB": "/geo/asn.mmdb",
            "GEOIP_CITY_DB": "/geo/city.mmdb",
        }
    )
    assert settings == Settings(
        redis_url="rediss://ada:secret@cache.example:6380/3?ssl_cert_reqs=required",
        redis_shards=16,
        bind="[::1]:9000",
        workers=4,
        policy_path=Path("/etc/decider/policy.toml"),
        mode=Mode.OBSERVE,
        profile="shop",
        allow_status=200,
        dns="[::1]:5353",
        deny_lease=Path("/run/decider/deny.lease"),
        node="edge-1.example",
        geoip_country_db=Path("/geo/country.mmdb"),
        geoip_asn_db=Path("/geo/asn.mmdb"),
        geoip_city_db=Path("/geo/city.mmdb"),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DECIDER_DNS", "ns.example"),
        ("DECIDER_DNS", "10.0.0.2:0"),
        ("DECIDER_DNS", "10.0.0.2:dns"),
        ("DECIDER_DNS", "10.0.0.2:65536"),
        ("DECIDER_DNS", "::1]:53"),
        ("DECIDER_BIND", "decider.sock"),
        ("DECIDER_BIND", "unix:"),
        ("DECIDER_BIND", "unix:relative.sock"),
        ("DECIDER_BIND", "unix:/" + "x" * 107),
        ("DECIDER_BIND", "127.0.0.1"),
        ("DECIDER_BIND", "127.0.0.1:0"),
        ("DECIDER_BIND", "127.0.0.1:65536"),
        ("DECIDER_BIND", "127.0.0.1:99999999999999999999"),
        ("DECIDER_BIND", ":8000"),
        ("DECIDER_WORKERS", "0"),
        ("DECIDER_WORKERS", "129"),
        ("DECIDER_WORKERS", "two"),
        ("DECIDER_WORKERS", "-1"),
        ("DECIDER_WORKERS", "1.5"),
        ("DECIDER_WORKERS", "²"),
        ("DECIDER_WORKERS", "1" * 5_000),
        ("REDIS_SHARDS", "0"),
        ("REDIS_SHARDS", "1025"),
        ("DECIDER_MODE", "Enforce"),
        ("DECIDER_MODE", "off"),
        ("DECIDER_ALLOW_STATUS", "201"),
        ("DECIDER_NODE", "edge:1"),
        ("DECIDER_NODE", "x" * 65),
        ("DECIDER_NODE", "edge 1"),
    ],
)
def test_a_wrong_setting_is_one_fault_that_names_it_and_says_what_to_write(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({**NODE, name: value})
    (fault,) = caught.value.faults
    assert fault.startswith(f"{name} = {value!r:.20}"[:20])
    assert ": write " in fault


def test_all_wrong_settings_are_told_at_once() -> None:
    wrong = {"REDIS_URL": "http://x", "DECIDER_WORKERS": "0", "DECIDER_MODE": "x", "DECIDER_BIND": "x"}
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({**NODE, **wrong})
    assert {fault.partition(" ")[0] for fault in caught.value.faults} == set(wrong)


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1",
        "redis://cache.example:6379/0",
        "redis://[::1]:6379/15",
        "redis://:pass%40word@cache:6379",
        "redis://cache/?db=3",
        "redis://cache?db=3&client_name=decider",
        "redis+cluster://one:6379,two:6379,[::1]:6379/0",
        "rediss+cluster://ada:secret@one:6379,two?ssl_cert_reqs=required",
        "rediss://ada:pw@cache:6380/0?ssl_ca_certs=/etc/ca.pem&ssl_cert_reqs=required",
        "unix:///run/redis.sock",
        "unix:///run/redis.sock?db=0",
        "unix://ada:pw@/run/redis.sock",
    ],
)
def test_a_redis_url_is_taken(url: str) -> None:
    assert redis_url_fault(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://ada:hunter2@cache/0",
        "ada:hunter2@cache:6379",  # no scheme
        "hunter2",
        "redis://",
        "redis://ada:hunter2@",
        "redis://ada:hunter2@one:6379,two:6379",  # two servers are no single one
        "redis+cluster://ada:hunter2@one:6379,,two:6379",
        "redis+cluster://ada:hunter2@one:6379,two:99999",
        "redis+cluster://ada:hunter2@one:6379/1",  # a cluster has one database
        "redis+cluster://ada:hunter2@one:6379?db=0",
        "redis://ada:hunter2@cache:0/0",
        "redis://ada:hunter2@cache:65536/0",
        "redis://ada:hunter2@cache:port/0",
        "redis://ada:hunter2@[::1/0",
        "redis://ada:hunter2@cache/first",
        "redis://ada:hun/ter2@cache/0",  # not percent-encoded: anything may be meant
        "redis://ada:hun?ter2@cache/0",
        "redis://ada:hun#ter2@cache/0",
        "redis://ada:hun@ter2@cache/0",
        "redis://cache/0?db=first&password=hunter2",
        "redis://cache/0?nonsense=1&password=hunter2",
        "redis://cache/0?socket_timeout=9",  # our budgets are not for sale
        "redis://cache/0?ssl_cert_reqs=none",  # means nothing without TLS
        "unix://",
        "unix:///",
        "unix://run/redis.sock",
        "redis://a b/0",
    ],
)
def test_a_redis_url_is_refused_without_showing_its_password(url: str) -> None:
    fault = redis_url_fault(url)
    assert fault is not None
    assert fault.startswith("REDIS_URL")
    assert "hunter2" not in fault
    assert "ter2" not in fault
    assert "hunter2" not in redacted(url)
    assert "ter2" not in redacted(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://cache:6379/0", "redis://cache:6379/0"),
        ("redis://ada:hunter2@cache:6379/0", "redis://ada:***@cache:6379/0"),
        ("redis://:hunter2@cache", "redis://:***@cache"),
        ("redis://ada@cache", "redis://ada@cache"),
        ("redis://cache/0?password=hunter2", "redis://cache/0"),
        ("unix:///run/redis.sock?password=hunter2&db=0", "unix:///run/redis.sock"),
        ("redis://ada:p@ss/word@cache/0", "..."),
    ],
)
def test_a_redis_url_is_shown_without_what_is_secret(url: str, shown: str) -> None:
    assert redacted(url) == shown


def test_a_cluster_is_spread_over_sixteen_shards_unless_told_otherwise() -> None:
    url = "redis+cluster://one:6379,two:6379"
    assert Settings.from_environment({"REDIS_URL": url}).redis_shards == 16
    assert Settings.from_environment({"REDIS_URL": url, "REDIS_SHARDS": "64"}).redis_shards == 64


def test_the_nodes_of_a_cluster_are_all_tried_with_the_same_credentials() -> None:
    first, nodes = cluster_nodes("rediss+cluster://ada:pass%40word@one:6380,[::1]?ssl_cert_reqs=none")
    assert first == "rediss://ada:pass%40word@one:6380?ssl_cert_reqs=none"
    assert nodes == (("one", 6380), ("::1", 6379))
