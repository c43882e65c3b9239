"""What a user agent says it is, and how old the browser it claims would be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from math import inf
from re import Pattern
from re import compile as pattern

from decider.core.browser_age import born_year
from decider.core.hit import sketch_bit

CACHED_AGENTS = 16_384  # distinct user agents read once
SECONDS_A_YEAR = 31_556_952


NOT_LOGGED = "(not logged)"  # in a log without user agents, where the lack of one says nothing of anybody


class AgentKind(StrEnum):
    """The claim."""

    BROWSER = "browser"
    APP = "app"  # anything else that names itself: mobile apps, feed readers, players
    CRAWLER = "crawler"
    TOOL = "tool"
    SCANNER = "scanner"
    NONE = "none"


# they say what they are, so that no page leads them is no surprise
OPEN_KINDS = frozenset({AgentKind.APP, AgentKind.CRAWLER})


@dataclass(frozen=True, slots=True)
class AgentTraits:
    """``crawler`` is the crawler claimed (lower case), ``born_year`` when the claimed browser came out (0 =
    unknown), ``odd`` a browser's claim that no browser makes in this form, ``bit`` its place in a sketch."""

    kind: AgentKind
    crawler: str = ""
    born_year: float = 0.0
    odd: bool = False
    bit: int = 0


@dataclass(frozen=True, slots=True)
class AgentLists:
    """Literals and expressions by kind; ``crawlers`` are the literals that verified crawlers put in."""

    scanners: tuple[str, ...]
    services: tuple[str, ...]
    apps: tuple[str, ...]
    tools: tuple[str, ...]
    tool_names: frozenset[str]
    crawlers: tuple[str, ...]
    scanner_pattern: Pattern[str] | None
    tool_pattern: Pattern[str] | None
    crawler_pattern: Pattern[str] | None


# a program of its own behind the customary "Mozilla/5.0 (...)", where browsers name an engine: sync clients
_PROGRAM = pattern(
    r"mozilla/[\d.]+ \([^()]*\) "
    r"(?!applewebkit|gecko|presto|khtml|opera|netscape|firefox|chrome|safari)[a-z][\w.-]*/\d"
)
# "compatible" with nothing but itself, and how to reach who runs it
_CONTACT = pattern(r"mozilla/[\d.]+ \(compatible; (?!msie|konqueror|windows)[^()]*(?:https?:|www\.|@)")
_REMARK = pattern(r"\([^()]*\)")
_PLAIN_BROWSER = pattern(
    r"Mozilla/5\.0 \((?:Windows NT|Macintosh|X11|iPhone|iPad|Linux; (?:U; )?Android|Android)[^()]{0,120}\) "
    r"(?:AppleWebKit/[\d.]+ \(KHTML, like Gecko\)(?: (?:Chrome|Version|CriOS|FxiOS|Mobile|Safari|Edg|EdgA"
    r"|EdgiOS|OPR|Ubuntu|Chromium|SamsungBrowser|GSA|YaBrowser|Vivaldi)(?:/[\w.]+)?)+"
    r"|Gecko/[\d.]+ Firefox/[\d.]+|like Gecko)"
)


def build_agent_reader(lists: AgentLists) -> Callable[[str], AgentTraits]:
    """A cached function user agent -> traits."""

    @lru_cache(maxsize=CACHED_AGENTS)
    def read(user_agent: str) -> AgentTraits:
        return replace(_traits(user_agent, lists), bit=sketch_bit(user_agent))

    return read


def _traits(user_agent: str, lists: AgentLists) -> AgentTraits:
    if user_agent == NOT_LOGGED:
        return AgentTraits(AgentKind.BROWSER)
    lowered = user_agent.lower()
    kind = _kind(user_agent, lowered, lists)
    if kind is AgentKind.CRAWLER:
        return AgentTraits(kind, _crawler(lowered, lists.crawlers))
    if kind is AgentKind.BROWSER:
        return AgentTraits(kind, "", born_year(lowered), _is_odd(user_agent, lowered))
    return AgentTraits(kind)


def _crawler(lowered: str, crawlers: tuple[str, ...]) -> str:
    """The crawler it claims to be; "like FeedFetcher-Google" claims nothing."""
    return next((name for name in crawlers if name in lowered and f"like {name}" not in lowered), "")


def _kind(user_agent: str, lowered: str, lists: AgentLists) -> AgentKind:
    if not lowered.strip("- \t\"'"):
        return AgentKind.NONE
    if _PLAIN_BROWSER.fullmatch(user_agent) and "headless" not in lowered:
        return AgentKind.BROWSER
    if any(name in lowered for name in (*lists.crawlers, *lists.services)):
        return AgentKind.CRAWLER
    if _names_any(lowered, lists.scanners) or _found(lists.scanner_pattern, user_agent):
        return AgentKind.SCANNER
    return _program_kind(user_agent, lowered, lists)


def _program_kind(user_agent: str, lowered: str, lists: AgentLists) -> AgentKind:
    if _names_any(lowered, lists.apps) and not lowered.startswith("mozilla/"):
        return AgentKind.APP
    claim, lowered_claim = _claim(user_agent), _claim(lowered)
    is_named = lowered in lists.tool_names or _names_any(lowered_claim, lists.tools)
    if is_named or _found(lists.tool_pattern, claim):
        return AgentKind.TOOL
    says_so = any(word in lowered for word in ("bot", "crawl", "spider"))
    if says_so or _CONTACT.match(lowered) or _found(lists.crawler_pattern, user_agent):
        return AgentKind.CRAWLER
    is_browser = lowered.startswith(("mozilla/", "opera/")) or "chrome" in lowered
    is_browser = is_browser and not _PROGRAM.match(lowered)
    return AgentKind.BROWSER if is_browser else AgentKind.APP


def _names_any(lowered: str, names: tuple[str, ...]) -> bool:
    padded = f" {lowered}"
    return any(name in padded for name in names)


def _claim(user_agent: str) -> str:
    """The user agent without remarks in brackets; an app may name its library in one: "DAVx5/4.4 (okhttp/4)".

    What plays a browser has the truth there, if anywhere.
    """
    if user_agent.startswith(("Mozilla/", "mozilla/")):
        return user_agent
    return _REMARK.sub("", user_agent) or user_agent


def _found(expression: Pattern[str] | None, user_agent: str) -> bool:
    return expression is not None and expression.search(user_agent) is not None


def _is_odd(user_agent: str, lowered: str) -> bool:
    """Claims a browser, but misses what every browser has: a platform in brackets, an engine, one version."""
    if not user_agent.startswith(("Mozilla/", "Opera/")):
        return True
    return "(" not in lowered or lowered.count("mozilla/") > 1


def age_years(traits: AgentTraits, now_seconds: float) -> float:
    """How many years ago the claimed browser came out; 0 where unknown or not yet."""
    if not traits.born_year:
        return 0.0
    return max(1970.0 + now_seconds / SECONDS_A_YEAR - traits.born_year, 0.0)


def ages_at(traits: AgentTraits, years: float) -> float:
    """The epoch second at which the claimed browser is so many years old; never, where its age is unknown."""
    return (traits.born_year + years - 1970.0) * SECONDS_A_YEAR if traits.born_year else inf
