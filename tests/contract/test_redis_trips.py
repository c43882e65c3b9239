"""When a trip to Redis is late, interrupted or answered with nonsense, whoever waits is told in time."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import hiredis
import pytest
import uvloop

from decider.core.client_key import client_key
from decider.core.counting import Ask
from decider.core.errors import StoreUnavailable
from decider.core.hit import hit_for
from decider.core.policy import RouteClass
from decider.core.tally import Tally
from decider.stores.redis_connection import counting_connection
from decider.stores.redis_counters import RedisCounters
from decider.stores.redis_queue import CLIENTS_A_TRIP
from tests.slow_network import SlowNetwork, slow_network

CLIENT = client_key("203.0.113.7")
PAGE = hit_for(RouteClass.PAGE)
BUDGET_SECONDS = 0.5  # of these tests: a busy machine must not be taken for a slow Redis
DELAY_SECONDS = 0.2

Scenario = Callable[[RedisCounters], Awaitable[Any]]


def counting_at(url: str, scenario: Scenario, is_connected: bool = True) -> Any:
    async def go() -> Any:
        counters = RedisCounters(counting_connection(url), 1, 86_400, budget_seconds=BUDGET_SECONDS)
        if is_connected:
            await counters.connect()
        try:
            return await scenario(counters)
        finally:
            await counters.close()

    return uvloop.run(go())


def through_slow_network(
    redis_url: str,
    scenario: Callable[[RedisCounters, SlowNetwork], Awaitable[Any]],
    is_connected: bool = True,
) -> Any:
    with slow_network(int(redis_url.rpartition(":")[2].partition("/")[0])) as network:
        url = f"redis://127.0.0.1:{network.port}/0"
        return counting_at(url, lambda counters: scenario(counters, network), is_connected)


def test_trips_that_are_slow_and_in_time_go_on_beyond_the_first_ones_budget(redis_url: str) -> None:
    async def scenario(counters: RedisCounters, network: SlowNetwork) -> list[Tally]:
        network.delay_seconds = DELAY_SECONDS
        return [await counters.count(CLIENT, PAGE) for _ in range(5)]

    assert len(through_slow_network(redis_url, scenario)) == 5


def test_who_waits_too_long_for_the_trips_of_others_is_told(redis_url: str) -> None:
    async def scenario(counters: RedisCounters, network: SlowNetwork) -> list[Tally | BaseException]:
        network.delay_seconds = DELAY_SECONDS
        clients = [client_key(f"203.0.113.{number}") for number in range(5 * CLIENTS_A_TRIP)]
        return await asyncio.gather(*(counters.count(one, PAGE) for one in clients), return_exceptions=True)

    told = through_slow_network(redis_url, scenario)
    assert all(isinstance(one, Tally) for one in told[:CLIENTS_A_TRIP])
    assert isinstance(told[-1], StoreUnavailable) and "too long" in str(told[-1])


def stand_still(read_from: socket.socket) -> None:
    """In a reader's turn: the loop looks at its timers before it looks at its sockets again."""
    read_from.recv(1)
    time.sleep(BUDGET_SECONDS + 0.1)


def test_a_reply_that_waits_in_the_socket_is_read_though_the_loop_stood_still(redis_url: str) -> None:
    async def scenario(counters: RedisCounters, network: SlowNetwork) -> bool:
        network.delay_seconds = DELAY_SECONDS
        loop, (near, far) = asyncio.get_running_loop(), socket.socketpair()
        with near, far:
            loop.add_reader(near, stand_still, near)
            asked = asyncio.create_task(counters.count(CLIENT, PAGE))
            await asyncio.sleep(DELAY_SECONDS / 4)  # the trip has left
            far.send(b"x")
            tally = await asked
            loop.remove_reader(near)
        return tally.over(RouteClass.PAGE, 60) > 0

    assert through_slow_network(redis_url, scenario)


@pytest.mark.parametrize("is_connected", [True, False])
def test_who_waits_at_the_end_is_told_and_nobody_looks_for_redis(redis_url: str, is_connected: bool) -> None:
    async def scenario(counters: RedisCounters, network: SlowNetwork) -> list[bool]:
        changes: list[bool] = []
        counters.on_change = changes.append
        network.stall()
        asked = asyncio.create_task(counters.count(CLIENT, PAGE))
        await asyncio.sleep(0.01)
        await counters.close()
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(asked, BUDGET_SECONDS / 2)
        return changes

    assert through_slow_network(redis_url, scenario, is_connected) == []


@pytest.mark.parametrize(
    "nonsense",
    [
        b":5\r\n",
        b"*1\r\n:5\r\n",  # too few
        b"*3\r\n:5\r\n$1\r\nx\r\n$1\r\nx\r\n",  # too many
        b"*2\r\n$1\r\nx\r\n$1\r\nx\r\n",  # neither a time nor a record
    ],
)
def test_a_reply_that_nobody_can_read_is_told_and_counting_goes_on(nonsense: bytes) -> None:
    said = {b"EVALSHA": nonsense, b"PING": b"+PONG\r\n"}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        commands = hiredis.Reader()
        while data := await reader.read(65_536):
            commands.feed(data)
            while (command := commands.gets()) is not False:
                writer.write(said.get(command[0].upper(), b"+OK\r\n"))
        writer.close()

    async def go() -> list[str]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        counters = RedisCounters(counting_connection(url), 1, 86_400, budget_seconds=BUDGET_SECONDS)
        faults: list[str] = []
        for _ in range(2):
            async with asyncio.timeout(5):
                while not counters.available:
                    await asyncio.sleep(0.01)
                with pytest.raises(StoreUnavailable) as fault:
                    await counters.count_all([Ask(CLIENT, PAGE)])
            faults.append(str(fault.value))
        await counters.close()
        server.close()
        return faults

    assert ["unreadable reply" in fault for fault in asyncio.run(go())] == [True, True]
