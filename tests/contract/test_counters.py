"""One suite for every store of client records: Redis and the worker's own memory keep the same promises."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from time import time
from typing import Any

import pytest
from redis.asyncio import Redis

from decider.core.ban import Ban, after_visitor_ban
from decider.core.client_key import ClientKey, client_key
from decider.core.client_record import ClientRecord, count_hits, decode
from decider.core.hit import Hit, HitFlag, hit_for, sketch_bit
from decider.core.policy import RouteClass
from decider.core.ports import BanStore, Counters
from decider.core.record_layout import NOTHING_SEEN, Group
from decider.core.request_facts import RequestFacts
from decider.core.visitor import visitor_key
from decider.stores.local_counters import LocalCounters
from decider.stores.redis_bans import RedisBans
from decider.stores.redis_connection import counting_connection
from decider.stores.redis_counters import RedisCounters

MEMORY_SECONDS = 86_400
CLIENT = client_key("203.0.113.7")
PAGE = hit_for(RouteClass.PAGE)


@dataclass
class Stores:
    counters: Counters
    bans: BanStore
    run: Callable[[Any], Any]


async def emptied(redis: Redis) -> None:
    await redis.flushall()


@pytest.fixture(params=["local", "local-packed", "redis", "redis-16-shards", "cluster-16-shards"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    with asyncio.Runner() as runner:
        if request.param.startswith("local"):
            packed = request.param == "local-packed"
            local = LocalCounters(lambda: float(int(time() * 1000)), packed=packed)
            yield Stores(local, local, runner.run)
            return
        shards = 16 if request.param.endswith("shards") else 1
        server = "cluster_url" if request.param.startswith("cluster") else "redis_url"
        redis = counting_connection(request.getfixturevalue(server))
        runner.run(emptied(redis))
        counters = RedisCounters(redis, shards, MEMORY_SECONDS, budget_seconds=1.0)  # no test of haste
        yield Stores(counters, RedisBans(redis, shards, MEMORY_SECONDS), runner.run)
        runner.run(counters.close())


def any_hit(random: Random, number: int) -> Hit:
    """Anything a request or an answer may add: groups, flags, sketches, repeats, nothing at all."""
    if random.random() < 0.3:
        return hit_for(random.choice(list(RouteClass)), random.choice(["", "a", str(number)]), 3)
    if random.random() < 0.1:
        return Hit(0, 0)
    groups = sum(1 << group for group in Group if random.random() < 0.3)
    flags = sum(int(flag) for flag in HitFlag if random.random() < 0.3)
    seen = tuple(random.choice([NOTHING_SEEN, sketch_bit(str(random.random())), 31]) for _ in range(4))
    return Hit(groups, flags, random.choice([0, 3]), seen=seen)


def ban_until(until: int, count: int = 1, enforced: bool = True) -> Ban:
    return Ban(until, 60, count, enforced)


def test_counting_answers_what_is_known_after_this_request(stores: Stores) -> None:
    async def three() -> list[float]:
        return [(await stores.counters.count(CLIENT, PAGE)).over(RouteClass.PAGE, 60) for _ in range(3)]

    assert stores.run(three()) == [1, 2, 3]


def test_requests_that_arrive_together_are_all_counted(stores: Stores) -> None:
    async def crowd() -> float:
        await asyncio.gather(*(stores.counters.count(CLIENT, PAGE) for _ in range(200)))
        return (await stores.counters.read(CLIENT)).over(RouteClass.PAGE, 60)

    assert stores.run(crowd()) == 200


def test_clients_do_not_count_for_each_other(stores: Stores) -> None:
    async def many() -> set[float]:
        clients = [client_key(f"198.51.{third}.{last}") for third in range(10) for last in range(9)]
        tallies = await asyncio.gather(*(stores.counters.count(client, PAGE) for client in clients))
        return {tally.over(RouteClass.PAGE, 60) for tally in tallies}

    assert stores.run(many()) == {1}


def test_a_repeated_request_id_counts_once_also_within_one_batch(stores: Stores) -> None:
    async def repeated() -> float:
        same = hit_for(RouteClass.PAGE, "same-id")
        await asyncio.gather(*(stores.counters.count(CLIENT, same) for _ in range(5)))
        await stores.counters.count(CLIENT, same)
        return (await stores.counters.read(CLIENT)).over(RouteClass.PAGE, 60)

    assert stores.run(repeated()) == 1


def test_reading_does_not_count(stores: Stores) -> None:
    async def read_twice() -> float:
        await stores.counters.count(CLIENT, PAGE)
        await stores.counters.read(CLIENT)
        return (await stores.counters.read(CLIENT)).over(RouteClass.PAGE, 60)

    assert stores.run(read_twice()) == 1


def test_every_store_keeps_the_same_bytes_as_the_core(stores: Stores) -> None:
    """A long random life of one client: the store and count_hits agree to the last bit after each step."""
    random = Random(1)

    async def life() -> None:
        record = ClientRecord()
        for number in range(150):
            hit = any_hit(random, number)
            tally = await stores.counters.count(CLIENT, hit)
            record = decode(count_hits(record, [hit], tally.now_ms).encode())
            assert tally.record.encode() == record.encode(), f"step {number}"
            await asyncio.sleep(random.choice([0, 0, 0.001, 0.02]))

    stores.run(life())


def test_a_ban_starts_once_however_many_workers_see_the_burst(stores: Stores) -> None:
    until = int(time()) + 60

    async def race() -> tuple[list[bool], int]:
        started = await asyncio.gather(*(stores.bans.start(CLIENT, ban_until(until), 0) for _ in range(8)))
        return [one for _, one in started], (await stores.counters.read(CLIENT)).record.ban_until

    started, known = stores.run(race())
    assert sorted(started) == [False] * 7 + [True]
    assert known == until


def test_a_banned_client_is_still_counted_and_stays_banned(stores: Stores) -> None:
    until = int(time()) + 60

    async def hammer() -> tuple[int, float]:
        await stores.bans.start(CLIENT, ban_until(until), 0)
        await stores.counters.count(CLIENT, PAGE)
        tally = await stores.counters.count(CLIENT, PAGE)
        return tally.record.ban_until, tally.over(RouteClass.PAGE, 60)

    assert stores.run(hammer()) == (until, 2)


def test_an_enforced_ban_takes_over_from_an_observed_one(stores: Stores) -> None:
    until = int(time()) + 60

    async def both() -> tuple[bool, int]:
        await stores.bans.start(CLIENT, ban_until(until, enforced=False), 0)
        tally, started = await stores.bans.start(CLIENT, ban_until(until + 1, count=2), 0)
        return started, tally.record.ban_enforced

    assert stores.run(both()) == (True, 1)


def test_the_operators_ban_needs_no_compare_and_ends_an_unban(stores: Stores) -> None:
    until = int(time()) + 60

    async def operator() -> tuple[int, int]:
        await stores.bans.start(CLIENT, ban_until(until), 0)
        await stores.bans.lift(CLIENT, until)
        await stores.bans.start(CLIENT, ban_until(until + 500), None)
        record = (await stores.counters.read(CLIENT)).record
        return record.ban_until, record.hold_until

    assert stores.run(operator()) == (until + 500, 0)


def test_lifting_forgets_ban_repeats_and_counters_and_holds(stores: Stores) -> None:
    hold = int(time()) + 600

    async def lifted() -> ClientRecord:
        await stores.counters.count(CLIENT, PAGE)
        await stores.bans.start(CLIENT, ban_until(hold), 0)
        await stores.bans.lift(CLIENT, hold)
        return (await stores.counters.read(CLIENT)).record

    assert stores.run(lifted()) == ClientRecord(hold_until=hold)


def test_restoring_never_overwrites_what_is_newer(stores: Stores) -> None:
    until = int(time()) + 60

    async def restored() -> tuple[bool, bool, int]:
        first = await stores.bans.restore(CLIENT, ban_until(until, count=3))
        second = await stores.bans.restore(CLIENT, ban_until(until - 30))
        return first, second, (await stores.counters.read(CLIENT)).record.ban_count

    assert stores.run(restored()) == (True, False, 3)


def visitor_of(facts: RequestFacts) -> ClientKey:
    visitor = visitor_key(facts)
    assert visitor is not None
    return visitor


def test_a_visitors_ban_lets_its_address_start_anew_and_is_remembered_there(stores: Stores) -> None:
    now, random, visitor = int(time()), Random(7), visitor_of(RequestFacts(CLIENT, session="bot"))

    async def banned() -> tuple[ClientRecord, ClientRecord, ClientRecord, ClientRecord]:
        for number in range(40):
            await stores.counters.count(CLIENT, any_hit(random, number))
            await stores.counters.count(visitor, any_hit(random, number))
        before = await stores.counters.read(CLIENT), await stores.counters.read(visitor)
        told = await stores.bans.start_visitor(CLIENT, visitor, ban_until(now + 60), 0, now)
        assert told[2]
        after = await stores.counters.read(CLIENT), await stores.counters.read(visitor)
        assert (after[0].record, after[1].record) == (told[0].record, told[1].record)
        return before[0].record, before[1].record, after[0].record, after[1].record

    address, session, address_after, session_after = stores.run(banned())
    assert address_after.encode() == after_visitor_ban(address, ban_until(now + 60), now).encode()
    assert (address_after.ban_until, address_after.ban_count) == (now, 1)
    expected = session._replace(ban_until=now + 60, ban_seconds=60, ban_count=1, ban_enforced=1)
    assert session_after.encode() == expected.encode()


def test_a_visitors_ban_starts_once_and_leaves_a_running_ban_of_its_address(stores: Stores) -> None:
    now, key = int(time()), visitor_of(RequestFacts(CLIENT, api_key="partner"))

    async def race() -> tuple[list[bool], ClientRecord]:
        await stores.bans.start(CLIENT, ban_until(now + 300), 0)
        ban = ban_until(now + 60, count=2)
        started = await asyncio.gather(
            *(stores.bans.start_visitor(CLIENT, key, ban, 0, now) for _ in range(8))
        )
        return [one[2] for one in started], (await stores.counters.read(CLIENT)).record

    started, record = stores.run(race())
    assert sorted(started) == [False] * 7 + [True]
    assert (record.ban_until, record.ban_seconds, record.ban_count) == (now + 300, 60, 2)
