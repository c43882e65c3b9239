"""A made-up site's access log, written habit by habit and replayed through the real engine.

log = SiteLog()
log.visit(NOON, "198.51.100.7", pages=5)             # a person: pages, their parts, links followed
log.ask(NOON + 60, "203.0.113.9", "/.env", 404)
log.verdicts()["203.0.113.9"].let_through            # how many of its requests came before its first block
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from decider.core.site_knowledge import SiteKnowledge
from decider.engine import Engine
from decider.knowledge import Knowledge, load_knowledge
from decider.policy_source import load_policy
from decider.replay.logged_request import LoggedRequest
from decider.replay.own_hosts import own_hosts
from decider.replay.replayer import Decision, Replayer

NOON = 1_763_899_200.0  # 2025-11-23
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)
SITE = "https://www.site.example"
AUDIENCE = "100.64."  # addresses of everyday visitors
PARTS = (
    "/static/site.css",
    "/static/site.js",
    "/static/logo.svg",
    "/static/photo.webp",
    "/static/font.woff2",
)


@dataclass(slots=True)
class Verdicts:
    """Of one client: ``let_through`` before its first block, all of them where there was none."""

    requests: int = 0
    blocked: int = 0
    let_through: int = 0
    highest: float = 0.0
    why: str = ""

    @property
    def blocked_share(self) -> float:
        """Of its requests."""
        return self.blocked / self.requests

    def add(self, decision: Decision) -> None:
        """Count one more."""
        self.requests += 1
        self.blocked += decision.is_blocked
        self.let_through += not self.blocked
        if decision.score > self.highest and (not self.blocked or self.highest < 0.8):
            self.highest = decision.score
            self.why = ", ".join(f"{one.signal} {one.contribution:.2f}" for one in decision.reasons)


@cache
def _knowledge() -> Knowledge:
    return load_knowledge()


class SiteLog:
    """``refers``: whether the site's pages let browsers name them as referers (Referrer-Policy)."""

    def __init__(self, refers: bool = True, seed: int = 1) -> None:
        self._requests: list[LoggedRequest] = []
        self.refers = refers
        self.random = random.Random(seed)

    def ask(
        self,
        at: float,
        address: str,
        target: str,
        status: int = 200,
        *,
        method: str = "GET",
        agent: str = CHROME,
        referer: str = "",
        size: int = 0,
    ) -> None:
        """One line. A referer that begins with a slash is a page of the site."""
        if referer.startswith("/"):
            referer = SITE + referer if self.refers else ""
        size = size or 2_000 + sum(map(ord, target)) % 9_000
        self._requests.append(LoggedRequest(at, address, method, target, status, size, referer, agent))

    def page(
        self,
        at: float,
        address: str,
        target: str,
        came_from: str = "",
        agent: str = CHROME,
        parts: tuple[str, ...] = PARTS,
    ) -> None:
        """A page as a browser loads it, with its parts."""
        self.ask(at, address, target, referer=came_from, agent=agent)
        for number, part in enumerate(parts):
            self.ask(at + 0.2 + number / 20, address, part, referer=target, agent=agent)

    def visit(
        self,
        at: float,
        address: str,
        pages: int = 5,
        agent: str = CHROME,
        url: str = "/article/{}",
        came_from: str = "",
    ) -> float:
        """A person reads some pages, each led to by the one before; the time when the visit ends."""
        for number in range(pages):
            target = url.format(self.random.randrange(400))
            parts = PARTS if number == 0 else PARTS[3:4]  # the rest is in the browser's cache
            self.page(at, address, target, came_from, agent, parts)
            came_from, at = target, at + self.random.uniform(8, 90)
        return at

    def audience(
        self, people: int = 40, url: str = "/article/{}", start: float = NOON - 12 * HOUR, hours: float = 12
    ) -> None:
        """The site's everyday visitors, from whom it is learned what it serves."""
        for number in range(people):
            at = start + hours * HOUR * number / people
            came_from = ("", "https://www.google.com/")[number % 2]
            self.visit(
                at,
                f"{AUDIENCE}{number}.9",
                self.random.randrange(2, 9),
                url=url,
                came_from=came_from,
            )

    def verdicts(self) -> dict[str, Verdicts]:
        """Replay it all; by client."""
        knowledge = _knowledge()
        knowledge.traits.site = SiteKnowledge()
        requests = sorted(self._requests, key=lambda request: request.time)
        replayer = Replayer(Engine(load_policy(None), knowledge), own_hosts(requests))
        result: dict[str, Verdicts] = {}
        for decision in replayer.run(requests):
            result.setdefault(decision.request.address, Verdicts()).add(decision)
        return result
