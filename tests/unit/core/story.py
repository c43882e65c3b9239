"""What a client does, told request by request to the real engine over a clock of its own.

story = Story()
story.ask("/.env", status=404)            # -> {"probe_paths": 0.95}
story.browse(pages=3)                     # as a person's browser does
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache
from typing import Any

from decider.core.client_key import client_key
from decider.core.policy import Policy
from decider.core.request_facts import RequestFacts
from decider.core.site_knowledge import SiteKnowledge
from decider.core.verdict import NOBODY, Verdict
from decider.engine import Engine
from decider.knowledge import Knowledge, load_knowledge
from decider.policy_source import load_policy
from decider.stores.local_counters import LocalCounters

HOST = "shop.example"
SITE = f"https://{HOST}"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
START = 1_800_000_000.0  # any whole hour


@cache
def _knowledge() -> Knowledge:
    return load_knowledge()


class Story:
    """``now`` moves only when told to; every story knows the site from nothing.
    Bans are started where a story asks for them; else each request is scored."""

    def __init__(self, policy: Policy | None = None, starts_bans: bool = False) -> None:
        self._starts_bans = starts_bans
        knowledge = _knowledge()
        knowledge.traits.site = SiteKnowledge()
        self.now = START
        self.engine = Engine(policy or load_policy(None), knowledge)
        self._counters = LocalCounters(lambda: 1000 * self.now)
        self.verdict: Verdict | None = None

    def ask(self, target: str, status: int = 200, size: int = 5_000, **facts: Any) -> dict[str, float]:
        """One request and its answer; the contributions that its verdict tells."""
        told: dict[str, Any] = {
            "host": HOST,
            "user_agent": FIREFOX,
            "accept": "text/html",
            "accept_language": "en",
        }
        told |= {"method": "GET", "target": target} | facts
        client = client_key(told.pop("address", "203.0.113.7"))
        prepared = self.engine.prepare(RequestFacts(client, **told), self.now)
        tallies = self._counters.count_all_now(prepared.asks)
        self.verdict = self.engine.judge(prepared, tallies, NOBODY)
        ban, visitor, now = self.verdict.new_ban, self.verdict.banned_visitor, int(self.now)
        if ban is None or not self._starts_bans:
            pass
        elif visitor is not None:
            self._counters.start_visitor_now(client, visitor, ban, tallies[-1].record.ban_count, now)
        else:
            self._counters.start_now(client, ban, tallies[0].record.ban_count)
        tally = self._counters.count_now(client, self.engine.answer_hit(prepared, status, size))
        self._counters.count_all_now(self.engine.learn(prepared, status, size, tally))
        return {reason.signal: round(reason.contribution, 2) for reason in self.verdict.reasons}

    def unban(self, address: str) -> None:
        """What an operator's unban does to the records."""
        asyncio.run(self._counters.lift(client_key(address), int(self.now) + 600))

    def use_visitors_before_address(self, visitors: int) -> None:
        """Another policy from now on."""
        policy = self.engine.policy
        ban = replace(policy.ban, visitors_before_address=visitors)
        self.engine = Engine(replace(policy, ban=ban), _knowledge())

    def browse(self, pages: int = 3, **facts: Any) -> dict[str, float]:
        """A person's visit: pages with their parts, links followed, half a minute for each."""
        told: dict[str, float] = {}
        page = ""
        for number in range(pages):
            target = f"/article-{number}"
            told |= self.ask(target, referer=page, **facts)
            page = f"{SITE}{target}"
            for part in ("a.css", "b.js", "c.png"):
                told |= self.ask(f"/static/{part}", referer=page, **facts)
            self.now += 30
        return told
