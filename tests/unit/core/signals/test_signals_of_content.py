"""What one request shows by itself: probes, scripts out of nowhere, payloads, identities, origins, traps."""

from dataclasses import replace
from typing import Any

import pytest

from decider.core.agent import AgentKind
from decider.core.policy import Route, RouteClass
from decider.policy_source import load_policy
from tests.unit.core.story import FIREFOX, SITE, Story

GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("target", "least"),
    [
        ("/.env", 0.95),
        ("/old/.git/config", 0.95),
        ("/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", 0.95),
        ("/actuator/env", 0.95),
        ("//.env", 0.95),  # the path as Nginx reads it
        ("/%2eenv", 0.95),
        ("/phpmyadmin/", 0.6),  # likely: another doubt and it is enough
        ("/wp-login.php", 0.2),  # doubtful: on WordPress it is the real thing
    ],
)
def test_what_no_visitor_has_a_reason_to_ask_for_is_a_probe(target: str, least: float) -> None:
    assert Story().ask(target, status=404)["probe_paths"] >= least


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/shell-scripts-for-beginners",
        "/blog/powershell",
        "/environment",
        "/git",
        "/robots.txt",
        "/favicon.ico",
    ],
)
def test_words_that_attackers_use_too_are_no_probes(target: str) -> None:
    assert Story().ask(target) == {}


def test_an_unmistakable_probe_is_remembered_for_a_day() -> None:
    story = Story()
    story.ask("/.env", status=404)
    story.now += 23 * 3_600
    assert story.ask("/")["probe_paths"] == 0.95
    story.now += 3 * 3_600
    assert story.ask("/")["probe_paths"] < 0.3


def test_doubtful_probes_add_up_unless_the_site_has_what_they_ask_for() -> None:
    absent, present = Story(), Story()
    for number in range(4):
        lacking = absent.ask(f"/backup/{number}.bak", status=404)
        having = present.ask(f"/backup/{number}.bak", status=200, size=1_000 + number)
    assert lacking["probe_paths"] > 0.9
    assert having["probe_paths"] < 0.3


def test_what_the_site_serves_to_clean_clients_stops_being_a_probe_for_everyone() -> None:
    story = Story()
    story.browse(pages=3, address="198.51.100.1")
    story.ask("/wp-login.php", address="198.51.100.1", referer=f"{SITE}/article-2")
    assert story.ask("/wp-login.php", address="203.0.113.9") == {}


def test_attackers_cannot_teach_what_is_served() -> None:
    story = Story()
    for number in range(30):
        story.ask("/.env", address=f"198.51.100.{number}")  # a site that answers 200 to everything
    assert story.ask("/.env", address="203.0.113.9")["probe_paths"] == 0.95


def test_a_script_out_of_nowhere_is_suspicious_and_one_of_a_foreign_kind_nearly_enough() -> None:
    story = Story()
    assert story.ask("/wawa.php", status=404)["unknown_scripts"] == 0.59
    for number in range(6):
        story.ask(f"/some{number}.php", status=404, address=f"198.51.100.{number}")
    assert story.ask("/other.php", status=404, address="203.0.113.9")["unknown_scripts"] == 0.9


def test_people_whom_pages_led_anywhere_may_ask_for_scripts() -> None:
    story = Story()
    story.browse(pages=1)
    assert "unknown_scripts" not in story.ask("/contact.php")


@pytest.mark.parametrize(
    "target",
    [
        "/?q=1%27%20UNION%20SELECT%20password%20FROM%20users--",
        "/download?file=../../../../etc/passwd",
        "/?x=%3Cscript%3Ealert(1)%3C/script%3E",
        "/?x=${jndi:ldap://x/a}",
        "/?x=%2524%257Bjndi:ldap://x%257D",  # encoded twice
        "/cgi?x=$(echo${IFS}id)",
    ],
)
def test_payloads_are_attack_strings(target: str) -> None:
    assert Story().ask(target)["attack_strings"] == 0.95


@pytest.mark.parametrize(
    "target",
    ["/search?q=select+a+script+from+the+list", "/?title=O%27Reilly", "/a?b=c&amp;id=4", "/?q=1+or+2"],
)
def test_people_search_for_words_that_attacks_are_made_of(target: str) -> None:
    assert "attack_strings" not in Story().ask(target)


def test_a_payload_in_the_user_agent_is_seen() -> None:
    assert Story().ask("/", user_agent="() { :; }; /bin/bash -c id")["attack_strings"] == 0.95


@pytest.mark.parametrize(
    ("facts", "contribution"),
    [
        ({"user_agent": FIREFOX}, None),
        ({"user_agent": "sqlmap/1.8"}, 0.85),
        ({"user_agent": ""}, 0.47),
        ({"user_agent": "curl/8.5.0"}, 0.42),
        ({"user_agent": "MyShopApp/4.2 (iPhone)"}, None),  # says what it is
        ({"accept_language": "", "accept": ""}, 0.51),  # claims a browser that its headers contradict
        ({"referer": "http://site.example"}, 0.51),  # no browser leaves the slash out
        ({"user_agent": "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)"}, 0.38),
    ],
)
def test_who_it_says_it_is(facts: dict[str, Any], contribution: float | None) -> None:
    assert Story().ask("/", **facts).get("identity") == contribution


def test_a_program_is_normal_on_routes_of_class_api() -> None:
    assert Story().ask("/api/items", user_agent="python-requests/2.32") == {}


@pytest.mark.parametrize(
    ("address", "agent", "contribution"),
    [
        ("66.249.66.1", GOOGLE, None),  # published by Google
        ("203.0.113.7", GOOGLE, 0.9),
        ("203.0.113.7", "AhrefsBot/7.0 (+http://ahrefs.com/robot/)", 0.32),  # lists of others lag behind
        ("203.0.113.7", "SomeBot/1.0", None),  # nobody publishes addresses for it
    ],
)
def test_a_crawler_is_believed_by_its_published_addresses(
    address: str, agent: str, contribution: float | None
) -> None:
    assert Story().ask("/", address=address, user_agent=agent).get("false_crawler") == contribution


def test_a_verified_crawler_is_never_banned_for_its_score() -> None:
    story = Story()
    for _ in range(60):
        story.ask("/.env", status=404, address="66.249.66.1", user_agent=GOOGLE)
    assert story.verdict is not None and story.verdict.answer == "allow" and story.verdict.score > 0.9


def test_the_origin_weighs_only_in_company() -> None:
    hosted = "51.222.253.10"
    assert Story().ask("/", address=hosted) == {}
    assert Story().ask("/", address=hosted, user_agent="curl/8.5.0")["origin"] == 0.2


def test_a_country_that_the_operator_names_counts_in_full_and_still_blocks_nobody() -> None:
    policy = replace(load_policy(None), countries=frozenset({"XX"}))
    story = Story(policy)
    story.engine._country_of = lambda _address: "XX"
    assert story.ask("/", user_agent="curl/8.5.0")["origin"] == 0.25
    assert story.verdict is not None and story.verdict.answer == "allow"


def test_a_trap_convicts_at_once() -> None:
    trap = Route("honey", RouteClass.PAGE, ("/hidden",), is_trap=True)
    story = Story(replace(load_policy(None), routes=(trap,)))
    assert story.ask("/hidden")["trap"] == 1.0
    assert "trap" not in Story().ask("/hidden")


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        (FIREFOX, AgentKind.BROWSER),
        ("Mozilla/5.0 (compatible; Konqueror/2.0.1; X11); Supports gzip encoding", AgentKind.BROWSER),
        (f"{FIREFOX} FirePHP/0.7.4", AgentKind.BROWSER),
        ("Mozilla/5.0 (Windows) mirall/3.16.2 (Nextcloud)", AgentKind.APP),
        ("DAVx5/4.4.3-ose (dav4jvm; okhttp/4.12.0) Android/14", AgentKind.APP),
        ("Mozilla/5.0 (compatible; Ezooms/1.0; help@moz.com)", AgentKind.CRAWLER),
        ("Mozilla/5.0 (compatible; Let's Encrypt validation server)", AgentKind.CRAWLER),
        ("python-requests/2.6.0 CPython/2.7.5", AgentKind.TOOL),
        ("PHP/8.1", AgentKind.TOOL),
        ("Mozilla/5.0 (compatible; Odin; https://docs.getodin.com/)", AgentKind.SCANNER),
        ("-", AgentKind.NONE),
    ],
)
def test_a_user_agent_says_what_it_is(agent: str, kind: AgentKind) -> None:
    assert Story().engine._knowledge.traits._agent_of(agent).kind is kind


def test_a_reader_that_is_like_a_crawler_does_not_claim_to_be_it() -> None:
    agent = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)"
    assert "false_crawler" not in Story().ask("/", user_agent=agent)
