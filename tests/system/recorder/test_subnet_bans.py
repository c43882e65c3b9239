"""A botnet that sits in one /24: once many of its addresses were banned, the recorder lists all of it."""

import json
import time
from typing import Any

from tests.system.recorder.conftest import RunningRecorder, event, line, wait_until

ENTRIES = "decider:{lists}:entries"
SUBNET = "203.0.113.0/24"


def ban(host: int) -> str:
    address = f"203.0.113.{host}"
    return event(client=address, address=address, scope="address")


def listed(recorder: RunningRecorder) -> dict[str, Any]:
    value = recorder.redis.hget(ENTRIES, f"deny|{SUBNET}")
    return dict(json.loads(value)) if isinstance(value, bytes) else {}


def test_eight_offenders_of_a_subnet_close_it_and_an_operator_opens_it_again(
    recorder: RunningRecorder,
) -> None:
    recorder.add(*(ban(host) for host in range(8)))
    entry = wait_until(lambda: listed(recorder), "the subnet listed")
    assert entry["actor"] == "decider", recorder.log
    assert entry["note"].startswith("8 of its addresses were banned within 10 minutes, 0 browsed")
    assert 0 < entry["until"] - time.time() <= 61
    told = wait_until(lambda: recorder.events("deny_listed"), "told as an event")[0]
    assert (told["client"], told["actor"], told["scope"]) == (SUBNET, "decider", "deny")
    assert told["note"] == entry["note"]

    recorder.redis.hdel(ENTRIES, f"deny|{SUBNET}")
    delisted = event("delisted", client=SUBNET, scope="deny", actor="anna", until=0)
    last = recorder.add(delisted, *(ban(host) for host in range(100, 107)))[-1]
    wait_until(lambda: last in recorder.recorded(), "seven more bans")
    time.sleep(1.0)  # twice what a listing takes
    assert not listed(recorder)


def test_people_who_browse_keep_their_subnet_open(recorder: RunningRecorder) -> None:
    first = recorder.add(ban(0))[0]
    wait_until(lambda: first in recorder.recorded(), "the first ban")
    for host in range(100, 104):
        page = line(address=f"203.0.113.{host}", host="shop.example", referer="https://shop.example/")
        recorder.send(page)
    wait_until(lambda: recorder.total("requests") == 4, "the people's pages")
    time.sleep(0.6)  # answers are looked at every quarter of a second
    last = recorder.add(*(ban(host) for host in range(1, 12)))[-1]
    wait_until(lambda: last in recorder.recorded(), "eleven bans more")
    time.sleep(1.0)
    assert not listed(recorder)


def test_bans_by_hand_of_visitors_and_observed_ones_close_no_subnet(recorder: RunningRecorder) -> None:
    kinds: list[dict[str, Any]] = [{"actor": "anna"}, {"scope": "session"}, {"kind": "would_block"}]
    bans = []
    for place, fields in enumerate(kinds):
        for host in range(20):
            address = f"203.0.113.{place * 20 + host}"
            bans.append(event(**{"client": address, "address": address, "scope": "address"} | fields))
    last = recorder.add(*bans)[-1]
    wait_until(lambda: last in recorder.recorded(), "all of them")
    time.sleep(1.0)
    assert not listed(recorder)
