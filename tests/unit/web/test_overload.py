"""More at once than can be decided: what is over the limit is answered at once, and bans known here hold."""

import asyncio
from collections.abc import Sequence

from decider.core.ban import Ban
from decider.core.client_key import ClientKey, client_key
from decider.core.counting import Ask
from decider.core.deny_cache import Look
from decider.core.errors import StoreUnavailable
from decider.core.geo import Geo
from decider.core.hit import Hit
from decider.core.policy import Mode
from decider.core.ports import Told
from decider.core.security_event import SecurityEvent
from decider.core.tally import Tally
from decider.core.verdict import Answer, Cause, Verdict
from decider.decide import Decider, Stores
from decider.knowledge import load_knowledge
from decider.policy_source import load_policy
from decider.stores.local_counters import LocalCounters
from decider.web.admission import MOST_UNDER_WAY
from decider.web.decisions import Decisions
from decider.web.nginx_request import read_facts

NOW_MS = 1_800_000_000_000.0
BANNED = "203.0.113.66"


class SlowCounters:
    """Counts when it is told to, and at once from then on."""

    def __init__(self) -> None:
        self.counted = LocalCounters(lambda: NOW_MS)
        self._waiting: list[tuple[Sequence[Ask], Told]] | None = []

    def count_then(self, asks: Sequence[Ask], told: Told) -> None:
        if self._waiting is None:
            self.counted.count_then(asks, told)
        else:
            self._waiting.append((asks, told))

    async def count(self, client: ClientKey, hit: Hit) -> Tally:
        return await self.counted.count(client, hit)

    async def count_all(self, asks: Sequence[Ask]) -> tuple[Tally, ...]:
        return await self.counted.count_all(asks)

    async def read(self, client: ClientKey) -> Tally:
        return await self.counted.read(client)

    def answer(self) -> None:
        waiting, self._waiting = self._waiting or [], None
        for asks, told in waiting:
            self.counted.count_then(asks, told)


class NoPlaces:
    def find(self, address: str) -> Geo:
        return Geo()


class NoEvents:
    def record(self, event: SecurityEvent) -> None:
        pass


def nobody_is_listed(_client: ClientKey) -> None:
    return None


def decisions_of(counters: SlowCounters, local: LocalCounters) -> tuple[Decisions, Decider]:
    stores = Stores(counters, counters.counted, local, NoPlaces(), NoEvents(), nobody_is_listed)
    decider = Decider(
        load_policy(None, Mode.ENFORCE), load_knowledge(), stores, "test", lambda: NOW_MS / 1000
    )
    return Decisions(decider, 204, clock=lambda: NOW_MS), decider  # however busy the machine is


def headers(address: str) -> list[tuple[bytes, bytes]]:
    return [(b"x-real-ip", address.encode()), (b"x-original-uri", b"/"), (b"accept-language", b"en")]


def test_what_is_over_the_limit_is_let_through_undecided_and_the_rest_is_decided() -> None:
    async def flood() -> tuple[list[Verdict], Decider]:
        counters = SlowCounters()
        decisions, decider = decisions_of(counters, LocalCounters(lambda: NOW_MS))
        asked = [
            asyncio.create_task(decisions.decide(headers(f"198.51.100.{number}"))) for number in range(200)
        ]
        await asyncio.sleep(0)
        shed = [one.result() for one in asked if one.done()]
        assert {one.answer for one in shed} == {Answer.FAIL_OPEN}
        counters.answer()
        decided = await asyncio.gather(*asked)
        assert (await decisions.decide(headers("198.51.100.1"))).answer is Answer.ALLOW  # recovers by itself
        return list(decided), decider

    verdicts, decider = asyncio.run(flood())
    answers = [one.answer for one in verdicts]
    assert answers.count(Answer.FAIL_OPEN) == 200 - MOST_UNDER_WAY == decider.totals.shed
    assert answers.count(Answer.ALLOW) == MOST_UNDER_WAY


def test_a_ban_that_the_worker_knows_holds_also_under_overload() -> None:
    async def flood() -> Verdict:
        local = LocalCounters(lambda: NOW_MS)
        local.start_now(client_key(BANNED), Ban(int(NOW_MS / 1000) + 30, 60, 1, True), None)
        counters = SlowCounters()
        decisions, _ = decisions_of(counters, local)
        waiting = [
            asyncio.create_task(decisions.decide(headers(f"198.51.100.{number}")))
            for number in range(MOST_UNDER_WAY)
        ]
        await asyncio.sleep(0)
        verdict = await decisions.decide(headers(BANNED))
        counters.answer()
        await asyncio.gather(*waiting)
        return verdict

    verdict = asyncio.run(flood())
    assert (verdict.answer, verdict.cause, verdict.retry_after_seconds) == (Answer.BLOCK, Cause.BAN, 30)
    assert verdict.is_degraded  # so that Nginx does not repeat it


def test_who_was_allow_listed_is_not_held_to_an_old_ban_when_it_is_off_the_list_again() -> None:
    async def listed_and_taken_off() -> Verdict:
        local, counters = LocalCounters(lambda: NOW_MS), SlowCounters()
        local.start_now(client_key(BANNED), Ban(int(NOW_MS / 1000) + 30, 60, 1, True), None)
        listing: list[tuple[str, float | None] | None] = [("allow", None), None]
        stores = Stores(
            counters, counters.counted, local, NoPlaces(), NoEvents(), lambda _client: listing.pop(0)
        )
        policy = load_policy(None, Mode.ENFORCE)
        decider = Decider(policy, load_knowledge(), stores, "test", lambda: NOW_MS / 1000)
        await Decisions(decider, 204).decide(headers(BANNED))
        return decider.shed(read_facts(headers(BANNED)))

    assert asyncio.run(listed_and_taken_off()).answer is Answer.FAIL_OPEN


def test_nginx_is_told_that_a_shed_request_was_not_decided() -> None:
    decisions, _ = decisions_of(SlowCounters(), LocalCounters(lambda: NOW_MS))
    verdict = Verdict(Answer.FAIL_OPEN, Cause.OVERLOAD)
    assert decisions.status(verdict) == 204
    assert decisions.headers(verdict)["X-Decider-Verdict"] == "fail-open"


def test_a_reply_that_cannot_be_written_is_not_written_again() -> None:
    local, answers = LocalCounters(lambda: NOW_MS), list[Verdict]()
    stores = Stores(local, local, local, NoPlaces(), NoEvents(), nobody_is_listed)
    policy = load_policy(None, Mode.ENFORCE)
    decider = Decider(policy, load_knowledge(), stores, "test", lambda: NOW_MS / 1000)

    def answer(verdict: Verdict) -> None:
        answers.append(verdict)
        raise ConnectionResetError

    Decisions(decider, 204, clock=lambda: NOW_MS).ask(read_facts, headers("203.0.113.9"), answer)
    assert [one.answer for one in answers] == [Answer.ALLOW]
    assert decider.totals.errors == 1


class MomentsWithoutRedis(SlowCounters):
    """Away, until it is told to answer."""

    def count_then(self, asks: Sequence[Ask], told: Told) -> None:
        if self._waiting is None:
            self.counted.count_then(asks, told)
        else:
            told(StoreUnavailable("over its budget"))


def test_nginx_does_not_repeat_a_block_that_only_this_worker_remembers() -> None:
    async def keep_seconds() -> list[str]:
        local, counters = LocalCounters(lambda: NOW_MS), MomentsWithoutRedis()
        for store in (local, counters.counted):
            store.start_now(client_key(BANNED), Ban(int(NOW_MS / 1000) + 300, 600, 1, True), None)
        decisions, decider = decisions_of(counters, local)
        decider.look = Look(NOW_MS / 1000, has_lease=False)
        kept = []
        for _ in range(2):
            verdict = await decisions.decide(headers(BANNED))
            kept.append(decisions.headers(verdict)["X-Accel-Expires"])
            counters.answer()
        return kept

    assert asyncio.run(keep_seconds()) == ["0", "2"]
