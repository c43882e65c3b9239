"""Every fault of a policy is found, all at once, and each names the key, the value and what to write.

Long because the table holds one row for every way a policy can be wrong.
"""

from __future__ import annotations

import tomllib
from ipaddress import ip_network
from pathlib import Path

import pytest

from decider.core.errors import PolicyError
from decider.core.policy import Mode, Policy, RouteClass
from decider.core.policy_file import parse
from decider.core.signals import SIGNALS
from decider.policy_source import merged

SHIPPED_TEXT = (Path(__file__).parents[3] / "decider" / "policy.toml").read_text(encoding="utf-8")
SHIPPED = tomllib.loads(SHIPPED_TEXT)
SHIPPED_POLICY = parse(SHIPPED, "shipped")
ROUTE = '[[route]]\nname = "shop"\nclass = "page"\npaths = ["/shop"]\n'


def policy_with(text: str) -> Policy:
    return parse(merged(SHIPPED, tomllib.loads(text)), "digest", SHIPPED_POLICY)


def faults_of(text: str) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as caught:
        policy_with(text)
    return caught.value.faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        # unknown keys, everywhere, with the nearest known one
        ("mod = 'observe'", "mod is unknown: did you mean mode?"),
        ("[threshold]\nblock_at = 1", "threshold is unknown: did you mean thresholds?"),
        ("[thresholds]\nblock_a = 1", "thresholds.block_a is unknown: did you mean block_at?"),
        ("[deny_cache]\nsecond = 1", "deny_cache.second is unknown: did you mean seconds?"),
        ("[cost]\npages = 1", "cost.pages is unknown: did you mean page?"),
        ("[ban]\nfirst = 1", "ban.first is unknown: did you mean first_seconds?"),
        ("[lists]\nallowed = []", "lists.allowed is unknown: did you mean allow?"),
        ("[signals.bursts]\nweight = 1", "signals.bursts is unknown: did you mean burst?"),
        ("[signals.burst]\nweigth = 1", "signals.burst.weigth is unknown: did you mean weight?"),
        (
            "[signals.burst]\ncost_per_secnd = { start = 1, full = 2 }",
            "signals.burst.cost_per_secnd is unknown: did you mean cost_per_second?",
        ),
        (ROUTE + 'method = ["GET"]', "route[1].method is unknown: did you mean methods?"),
        (
            "[cost]\nzzz = 1",
            "cost.zzz is unknown: known are asset, page, api, sensitive",
        ),
        # closed sets
        ("mode = 'on'", "mode = 'on': write one of enforce, observe"),
        ("mode = true", "mode = True: write one of enforce, observe"),
        ("malformed = 'allow'", "malformed = 'allow': write one of enforce, observe"),
        (
            "[signals.burst]\nmode = 'shadow'",
            "signals.burst.mode = 'shadow': write one of enforce, observe",
        ),
        (ROUTE + "mode = 'off'", "route[1].mode = 'off': write one of enforce, observe"),
        (
            ROUTE.replace('"page"', '"pages"'),
            "route[1].class = 'pages': write one of asset, page, api, sensitive",
        ),
        # numbers
        ("[thresholds]\nblock_at = 1.5", "thresholds.block_at = 1.5: write a number from 0 to 1"),
        ("[thresholds]\nblock_at = nan", "thresholds.block_at = nan: write a number from 0 to 1"),
        ("[thresholds]\nblock_at = inf", "thresholds.block_at = inf: write a number from 0 to 1"),
        ("[thresholds]\nblock_at = true", "thresholds.block_at = True: write a number from 0 to 1"),
        ("[thresholds]\nblock_at = '0.8'", "thresholds.block_at = '0.8': write a number from 0 to 1"),
        (
            "[thresholds]\nobserve_at = 0.8",
            "thresholds.observe_at = 0.8: write less than block_at (0.8)",
        ),
        ("[thresholds]\nblock_at = 0", "thresholds.observe_at = 0.5: write less than block_at (0)"),
        ("[cost]\npage = -1", "cost.page = -1: write a number from 0 to 1000"),
        ("[deny_cache]\nseconds = 60", "deny_cache.seconds = 60: write a whole number from 0 to 20"),
        ("[deny_cache]\nseconds = 1.0", "deny_cache.seconds = 1.0: write a whole number from 0 to 20"),
        ("[ban]\nfirst_seconds = 0", "ban.first_seconds = 0: write a whole number from 1 to 31622400"),
        ("[ban]\nfirst_seconds = true", "ban.first_seconds = True: write a whole number from 1 to 31622400"),
        ("[ban]\nrepeat_factor = 1.5", "ban.repeat_factor = 1.5: write a whole number from 1 to 100"),
        ("[ban]\nmemory_seconds = -5", "ban.memory_seconds = -5: write a whole number from 1 to 31622400"),
        ("[ban]\nunban_hold_seconds = -1", "ban.unban_hold_seconds = -1: write a whole number from 0"),
        ("[ban]\nlongest_seconds = 30", "ban.longest_seconds = 30: write at least first_seconds (60)"),
        ("[signals.burst]\nweight = 1.01", "signals.burst.weight = 1.01: write a number from 0 to 1"),
        ("[signals.burst]\nweight = -0.1", "signals.burst.weight = -0.1: write a number from 0 to 1"),
        # ramps
        (
            "[signals.burst]\ncost_per_second = 12",
            "signals.burst.cost_per_second = 12: write a table",
        ),
        (
            "[signals.burst]\ncost_per_second = { start = 40 }",
            "signals.burst.cost_per_second.full = 40.0: start and full must differ",
        ),
        (
            "[signals.burst]\ncost_per_second = { start = 50 }",
            "signals.burst.cost_per_second.full = 40.0: write more than start (50), as it is shipped",
        ),
        (
            "[signals.regularity]\nvariation = { full = 0.5 }",
            "signals.regularity.variation.full = 0.5: write less than start (0.3), as it is shipped",
        ),
        (
            "[signals.burst]\ncost_per_second = { start = -1 }",
            "signals.burst.cost_per_second.start = -1: write a number from 0 to 1e+06",
        ),
        (
            "[signals.burst]\ncost_per_second = { top = 1 }",
            "signals.burst.cost_per_second.top is unknown: known are start, full",
        ),
        # routes
        ("[route]\nname = 'x'", "route = {'name': 'x'}: write [[route]] tables"),
        (ROUTE.replace('"shop"', '"my shop"'), "route[1].name = 'my shop': write a name of up to 64"),
        (ROUTE.replace('"shop"', '"käse"'), "route[1].name = 'käse': write a name of up to 64"),
        (ROUTE.replace('"shop"', '""'), "route[1].name = '': write a name of up to 64"),
        (ROUTE.replace('name = "shop"\n', ""), "route[1].name is missing: write a name of up to 64"),
        (ROUTE + ROUTE, "route[2].name = 'shop': another route has this name: give each its own"),
        (ROUTE.replace('["/shop"]', "[]"), "route[1].paths = []: write a list like"),
        (ROUTE.replace('["/shop"]', '"/shop"'), "route[1].paths = '/shop': write a list of texts"),
        (ROUTE.replace('["/shop"]', "[1]"), "route[1].paths = [1]: write a list of texts"),
        (ROUTE.replace('paths = ["/shop"]\n', ""), "route[1].paths is missing: write a list like"),
        (ROUTE.replace('"/shop"', '"shop"'), "route[1].paths = 'shop': write \"/exact\""),
        (ROUTE.replace('"/shop"', '"/a*"'), "route[1].paths = '/a*': write \"/exact\""),
        (ROUTE.replace('"/shop"', '"/*/x"'), "route[1].paths = '/*/x': write \"/exact\""),
        (ROUTE.replace('"/shop"', '"*."'), "route[1].paths = '*.': write \"/exact\""),
        (ROUTE.replace('"/shop"', '"*"'), "route[1].paths = '*': write \"/exact\""),
        (ROUTE.replace('"/shop"', '"/a?b=1"'), "route[1].paths = '/a?b=1': paths are compared without query"),
        (ROUTE.replace('"/shop"', '"/%61/*"'), "route[1].paths = '/%61/*': paths are compared without query"),
        (ROUTE.replace('"/shop"', '"/a//b"'), "decoded once: write '/a/b'"),
        (ROUTE + 'methods = ["post"]', "route[1].methods = 'post': write methods in capitals"),
        (ROUTE + 'methods = ["GET POST"]', "route[1].methods = 'GET POST': write methods in capitals"),
        (ROUTE + 'methods = "GET"', "route[1].methods = 'GET': write a list of texts"),
        # networks
        ("[lists]\nallow = ['office']", "lists.allow = 'office': write an address or a network like"),
        ("[lists]\ndeny = ['203.0.113.7/24']", "its host bits are set: write 203.0.113.0/24, or 203.0.113.7"),
        (
            "[lists]\ndeny = ['::ffff:203.0.113.0/120']",
            "IPv4-mapped clients count as IPv4: write 203.0.113.0/24",
        ),
        ("[lists]\ndeny = ['fe80::1%eth0']", "lists.deny = 'fe80::1%eth0': write an address"),
        ("[lists]\nallow = '10.0.0.0/8'", "lists.allow = '10.0.0.0/8': write a list of texts"),
        ("[ban]\nexempt = ['10.0.0.0/33']", "ban.exempt = '10.0.0.0/33': write an address or a network"),
        (
            "[lists]\nallow = ['203.0.113.7']\ndeny = ['203.0.113.7/32']",
            "lists.deny = '203.0.113.7/32': it is in lists.allow too, which wins: take one of them out",
        ),
        # tables that are none: one fault, not one for each key inside
        ("lists = 3", "lists = 3: write a table"),
        ("deny_cache = 3", "deny_cache = 3: write a table"),
        ("signals = 3", "signals = 3: write a table"),
        ("[signals]\nburst = 'off'", "signals.burst = 'off': write a table"),
        ("route = 'none'", "route = 'none': write [[route]] tables"),
    ],
)
def test_a_fault_names_the_key_the_value_and_what_to_write(text: str, fault: str) -> None:
    (told,) = faults_of(text)
    assert fault in told


def test_all_faults_are_told_at_once() -> None:
    told = faults_of("mode = 'x'\n[cost]\npage = -1\n[ban]\nfirst_seconds = 0\n[signals.burst]\nweight = 2\n")
    assert len(told) == 4


def test_a_long_value_is_cut_in_its_fault() -> None:
    (told,) = faults_of("mode = '" + "x" * 10_000 + "'")
    assert len(told) < 200


def test_every_missing_key_is_told() -> None:
    with pytest.raises(PolicyError) as caught:
        parse({}, "")
    told = caught.value.faults
    assert all("is missing" in fault for fault in told)
    assert {fault.partition(" ")[0] for fault in told} >= {
        "mode",
        "malformed",
        "thresholds",
        "ban",
        "signals",
    }


def test_the_shipped_policy_is_whole_and_means_what_it_says() -> None:
    policy = SHIPPED_POLICY
    assert (policy.mode, policy.malformed) == (Mode.ENFORCE, Mode.OBSERVE)
    assert (policy.block_at, policy.observe_at, policy.deny_cache_seconds) == (0.80, 0.50, 20)
    assert policy.cost[RouteClass.SENSITIVE] > policy.cost[RouteClass.PAGE] > policy.cost[RouteClass.ASSET]
    assert {name: set(signal.ramps) for name, signal in policy.signals.items()} == {
        signal.name: set(signal.ramps) for signal in SIGNALS
    }
    assert ip_network("10.0.0.0/8") in policy.ban.exempt
    assert ip_network("100.64.0.0/10") not in policy.ban.exempt  # carriers' customers are clients like others
    classes = {route.name: route.route_class for route in policy.routes}
    assert classes["checkout"] is classes["login"] is classes["cart"] is RouteClass.SENSITIVE
    assert classes["api"] is RouteClass.API


def test_every_number_of_the_shipped_policy_has_a_comment() -> None:
    numbers = [line for line in SHIPPED_TEXT.splitlines() if "=" in line and line[0] not in "#["]
    bare = [
        line for line in numbers if any(one.isdigit() for one in line.partition("=")[2]) and "#" not in line
    ]
    assert [line for line in bare if not line.startswith("paths")] == []


def test_what_a_file_leaves_out_keeps_the_shipped_value() -> None:
    policy = policy_with("[signals.burst]\nweight = 0.5\ncost_per_second = { full = 60 }\n")
    burst = policy.signals["burst"]
    assert (burst.weight, burst.ramps["cost_per_second"].start, burst.ramps["cost_per_second"].full) == (
        0.5,
        12.0,
        60.0,
    )
    assert policy.routes == SHIPPED_POLICY.routes


def test_routes_that_a_file_gives_replace_the_shipped_ones() -> None:
    (route,) = policy_with(ROUTE + 'methods = ["POST"]\nmode = "observe"').routes
    assert (route.name, route.methods, route.mode) == ("shop", frozenset({"POST"}), Mode.OBSERVE)
