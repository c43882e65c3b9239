"""The belt in front of the guard: off until it is included; then Nginx alone refuses one address's flood."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.nginx.conftest import between
from tests.system.nginx.running_nginx import RunningNginx, eventually, render, running
from tests.system.nginx.scripted_decider import allows, blocks

FLOOD = 1_000
BURST = 400
FLOODER, OTHER = "203.0.113.7", "203.0.113.8"


@pytest.fixture
def belted(tmp_path: Path) -> Iterator[RunningNginx]:
    """What belt.conf says to do: included in the guarded location, before the guard."""
    places = render(tmp_path)
    text = places.addresses.read_text()
    guard = "        include decider/guard.conf;"
    assert text.count(guard) == 1
    places.addresses.write_text(text.replace(guard, f"        include decider/belt.conf;\n{guard}"))
    with running(between(places)) as one:
        yield one


def flood(gateway: RunningNginx, address: str, count: int) -> Counter[int]:
    """``count`` requests on one connection, none waiting for the answer before it."""
    request = f"GET / HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: {address}\r\n"
    raw = gateway.send((f"{request}\r\n" * (count - 1) + f"{request}Connection: close\r\n\r\n").encode())
    statuses = Counter(int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", raw))
    assert statuses.total() == count
    return statuses


def test_a_flood_from_one_address_is_refused_before_anybody_is_asked(belted: RunningNginx) -> None:
    belted.decider.answer = blocks(cache_seconds=60)  # so that nothing but the belt takes time
    statuses = flood(belted, FLOODER, FLOOD)
    assert set(statuses) == {403, 429}
    assert statuses[403] >= BURST
    assert statuses[429] > FLOOD - 2 * BURST
    assert len(belted.decider.asked) == 2  # the deny cache keeps a client's second block


def test_what_the_belt_refuses_is_logged_as_no_decision(belted: RunningNginx) -> None:
    belted.decider.answer = blocks(cache_seconds=60)

    def refused() -> list[dict[str, str]]:
        # the log's socket loses lines in a flood; the next one brings more
        assert flood(belted, FLOODER, FLOOD)[429] > 0
        return [line for line in belted.log.lines(len(belted.log.datagrams)) if line["status"] == "429"]

    eventually(lambda: refused() != [], lambda: "no line of a refused request")
    assert {(line["verdict"], line["fail_open"]) for line in refused()} == {("", "0")}


def test_everybody_else_still_gets_in_meanwhile(belted: RunningNginx) -> None:
    belted.decider.answer = blocks(cache_seconds=60)
    assert flood(belted, FLOODER, FLOOD)[429] > 0
    belted.decider.answer = allows()
    assert belted.ask(headers={"X-Forwarded-For": OTHER}).status == 200


def test_a_page_with_eighty_assets_is_no_flood(belted: RunningNginx) -> None:
    assert flood(belted, OTHER, 81) == {200: 81}


def test_it_is_off_until_it_is_included(gateway: RunningNginx) -> None:
    gateway.decider.answer = blocks(cache_seconds=60)
    assert flood(gateway, FLOODER, FLOOD) == {403: FLOOD}
