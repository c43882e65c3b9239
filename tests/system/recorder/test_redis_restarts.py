"""Redis comes back empty: bans and lists come back from MongoDB, newer state stands."""

import json
import time

from tests.system.recorder.conftest import RunningRecorder, event, wait_until

ENTRIES = "decider:{lists}:entries"


def lose_everything(recorder: RunningRecorder) -> None:
    recorder.redis_server.kill()
    recorder.redis_server.start()
    wait_until(lambda: recorder.redis.exists("decider:restored"), "restored")


def banned(recorder: RunningRecorder, *clients: str) -> list[str]:
    return [client for client in clients if recorder.redis.exists(f"decider:{{0}}:client:{client}")]


def test_running_bans_are_back_within_seconds(recorder: RunningRecorder) -> None:
    now = time.time()
    recorder.add(
        event(client="203.0.113.1"),
        event(client="203.0.113.2"),
        event("ban_lifted", client="203.0.113.2", until=0),
        event(client="203.0.113.3", until=now - 1),
        event("would_block", client="203.0.113.4", mode="observe"),
        event(client="2001:db8:0:1::/64", until=now + 3600, ban_seconds=3600, ban_count=3),
    )
    wait_until(lambda: len(recorder.recorded()) == 6, "recorded")
    lose_everything(recorder)
    clients = [f"203.0.113.{number}" for number in range(1, 5)] + ["2001:db8:0:1::/64"]
    assert banned(recorder, *clients) == ["203.0.113.1", "2001:db8:0:1::/64"]
    (told,) = wait_until(lambda: recorder.events("bans_restored"), "an event tells")
    assert (told["count"], told["actor"]) == (2, "recorder")
    assert 0 < recorder.redis.ttl("decider:restored") <= 86_400


def test_lists_are_back_and_newer_entries_stand(recorder: RunningRecorder) -> None:
    recorder.add(
        event("allow_listed", client="192.0.2.0/24", note="the office", until=0),
        event("deny_listed", client="198.51.100.0/24", note="old", until=0),
        event("deny_listed", client="203.0.113.0/24", until=0),
        event("delisted", client="203.0.113.0/24", until=0),
    )
    wait_until(lambda: len(recorder.recorded()) == 4, "recorded")
    recorder.stop()
    recorder.redis_server.kill()
    recorder.redis_server.start()
    newer = json.dumps({"note": "new", "actor": "ada", "since": time.time(), "until": None})
    recorder.redis.hset(ENTRIES, "deny|198.51.100.0/24", newer)
    recorder.start()
    wait_until(lambda: recorder.redis.exists("decider:restored"), "restored")
    stored = recorder.redis.hgetall(ENTRIES)
    entries = {bytes(name).decode(): json.loads(entry) for name, entry in stored.items()}  # type: ignore[arg-type]  # no decode_responses
    assert {name: entry["note"] for name, entry in entries.items()} == {
        "allow|192.0.2.0/24": "the office",
        "deny|198.51.100.0/24": "new",
    }
    assert int(recorder.redis.get("decider:{lists}:version") or 0) > 0
    assert recorder.redis.ttl(ENTRIES) > 86_400


def test_a_flushed_redis_is_given_its_stream_and_bans_back(recorder: RunningRecorder) -> None:
    recorder.add(event(client="203.0.113.1"))
    wait_until(lambda: len(recorder.recorded()) == 1, "recorded")
    recorder.redis.flushall()
    wait_until(lambda: banned(recorder, "203.0.113.1"), "banned again")
    recorder.add(event(client="203.0.113.9"))
    wait_until(lambda: len(recorder.recorded()) == 2, "recording goes on")


def test_a_first_start_tells_no_tale(recorder: RunningRecorder) -> None:
    wait_until(lambda: recorder.redis.exists("decider:restored"), "marked")
    recorder.add(event())
    wait_until(lambda: len(recorder.recorded()) == 1, "recording")
    assert recorder.events("bans_restored") == []


def test_bans_are_restored_once_mongodb_is_there(recorder: RunningRecorder) -> None:
    recorder.add(event(client="203.0.113.1"))
    wait_until(lambda: len(recorder.recorded()) == 1, "recorded")
    recorder.mongo_server.kill()
    recorder.redis_server.kill()
    recorder.redis_server.start()
    time.sleep(1.1)  # one look
    assert not recorder.redis.exists("decider:restored")
    recorder.mongo_server.start()
    wait_until(lambda: banned(recorder, "203.0.113.1"), "banned again")
