"""Profiles are small overlays: over the shipped defaults, under the operator's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from decider.core.errors import PolicyError, SettingsError
from decider.core.policy import RouteClass
from decider.core.route import build_classifier
from decider.policy_source import known_profiles, load_policy
from decider.settings import Settings

NODE = {"DECIDER_NODE": "edge-1"}


def own(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text)
    return path


def test_three_profiles_are_shipped() -> None:
    assert known_profiles() == ("api", "shop", "site")


@pytest.mark.parametrize("name", known_profiles())
def test_every_profile_is_a_policy_of_its_own(name: str) -> None:
    shipped, policy = load_policy(None), load_policy(None, profile=name)
    assert policy.profile == name
    assert policy.digest != shipped.digest
    assert policy.signals != shipped.signals
    assert (policy.block_at, policy.ban.exempt, policy.malformed) == (
        shipped.block_at,
        shipped.ban.exempt,
        shipped.malformed,
    )


def test_no_profile_is_named_without_one(tmp_path: Path) -> None:
    assert load_policy(None).profile == ""
    assert load_policy(own(tmp_path, "mode = 'observe'")).profile == ""


def test_the_file_chooses_a_profile_and_outvotes_it(tmp_path: Path) -> None:
    policy = load_policy(own(tmp_path, "profile = 'shop'\n[cost]\nsensitive = 5.0\n"))
    assert policy.profile == "shop"
    assert policy.cost[RouteClass.SENSITIVE] == 5.0
    assert policy.ban.first_seconds == load_policy(None, profile="shop").ban.first_seconds
    assert policy.ban.first_seconds > load_policy(None).ban.first_seconds


def test_the_profile_set_outside_outvotes_the_one_in_the_file(tmp_path: Path) -> None:
    assert load_policy(own(tmp_path, "profile = 'shop'"), profile="api").profile == "api"


def test_own_routes_replace_those_of_a_profile_and_its_outcomes_go_with_them(tmp_path: Path) -> None:
    path = own(tmp_path, 'profile = "api"\n[[route]]\nname = "mine"\nclass = "page"\npaths = ["/mine"]\n')
    policy = load_policy(path)
    assert [route.name for route in policy.routes] == ["mine"]
    assert policy.outcomes == ()


@pytest.mark.parametrize("value", ["'shap'", "3", "['shop']", "'../policy'"])
def test_an_unknown_profile_names_the_known_ones_beside_all_other_faults(tmp_path: Path, value: str) -> None:
    path = own(tmp_path, f"mode = 'x'\nprofile = {value}\n")
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    first, second = sorted(caught.value.faults, reverse=True)
    assert first.startswith(f"{path}:2: profile = ")
    assert "api, shop, site" in first
    assert second.startswith(f"{path}:1: mode")


def test_the_setting_is_checked_like_all_others() -> None:
    assert Settings.from_environment({**NODE, "DECIDER_PROFILE": "site"}).profile == "site"
    assert Settings.from_environment({**NODE, "DECIDER_PROFILE": ""}).profile is None
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({**NODE, "DECIDER_PROFILE": "blog"})
    assert "api, shop, site" in caught.value.faults[0]


@pytest.mark.parametrize(
    ("profile", "method", "target", "route_class"),
    [
        ("api", "GET", "/", RouteClass.API),
        ("api", "GET", "/anything/at/all.css", RouteClass.API),
        ("api", "POST", "/oauth/token", RouteClass.SENSITIVE),
        ("shop", "GET", "/checkout", RouteClass.SENSITIVE),
        ("site", "POST", "/wp-comments-post.php", RouteClass.SENSITIVE),
        ("site", "GET", "/comments/12", RouteClass.PAGE),
        ("site", "POST", "/checkout", RouteClass.PAGE),
    ],
)
def test_what_a_profile_takes_a_request_for(
    profile: str, method: str, target: str, route_class: RouteClass
) -> None:
    assert build_classifier(load_policy(None, profile=profile))(method, target, "").route_class is route_class


@pytest.mark.parametrize(("profile", "signal"), [("shop", "sensitive_pressure"), ("shop", "login_pressure")])
def test_a_shop_answers_pressure_sooner(profile: str, signal: str) -> None:
    shipped, stricter = (load_policy(None, profile=name).signals[signal].ramps for name in (None, profile))
    for name, ramp in shipped.items():
        assert stricter[name].start < ramp.start
        assert stricter[name].full < ramp.full


def test_a_site_answers_writes_sooner() -> None:
    shipped, stricter = (
        load_policy(None, profile=name).signals["write_pressure"].ramps for name in (None, "site")
    )
    for name, ramp in shipped.items():
        assert stricter[name].full < ramp.full


def test_an_api_holds_nothing_against_a_client_that_no_page_led() -> None:
    signals = load_policy(None, profile="api").signals
    for name in ("unguided_pages", "route_spread", "round_the_clock", "write_pressure"):
        assert signals[name].weight == 0.0
