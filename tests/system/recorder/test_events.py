"""Events from the stream to MongoDB: nothing lost, nothing doubled, whatever dies on the way."""

import threading
import time

from tests.system.recorder.conftest import RunningRecorder, event, line, wait_until


def test_events_reach_mongodb_under_their_stream_ids(recorder: RunningRecorder) -> None:
    ids = recorder.add(*(event(path=f"/item/{number}") for number in range(2500)))
    wait_until(lambda: len(recorder.recorded()) == 2500, "2,500 events")
    assert sorted(recorder.recorded()) == sorted(ids)
    wait_until(lambda: recorder.pending() == 0, "all acknowledged")
    stored = recorder.mongo.events.find_one({"_id": ids[7]})
    assert stored is not None
    assert (stored["kind"], stored["path"], stored["ban_count"]) == ("ban_started", "/item/7", 1)
    assert stored["until"] > stored["ts"]
    wait_until(lambda: recorder.status().get("recorded_events") == 2500, "status tells")
    wait_until(lambda: recorder.status().get("lag_events") == 0, "no lag")


def test_poison_is_acknowledged_counted_and_shown_and_stops_nobody(recorder: RunningRecorder) -> None:
    sound = recorder.add(event())
    recorder.add("not json", event(kind="party"), event(count=2**70), event(path="\ud800"), "[" * 50_000)
    recorder.redis.xadd("decider:events", {"other": "\x1b[31mred\r\nlevel=fatal"})
    sound += recorder.add(event())
    wait_until(lambda: sorted(recorder.recorded()) == sorted(sound), "the sound ones")
    wait_until(lambda: recorder.pending() == 0, "all acknowledged")
    wait_until(lambda: recorder.status().get("poison_entries") == 6, "six counted")
    assert "poison_entry" in recorder.log
    assert "\x1b" not in recorder.log
    assert max(map(len, recorder.log.splitlines())) < 1000


def test_a_recorder_killed_again_and_again_loses_and_doubles_nothing(recorder: RunningRecorder) -> None:
    ids: list[str] = []

    def attack() -> None:
        for _ in range(60):
            ids.extend(recorder.add(*(event() for _ in range(100))))
            time.sleep(0.03)

    attacker = threading.Thread(target=attack)
    attacker.start()
    for _ in range(3):
        time.sleep(0.35)
        recorder.kill()
        recorder.start()
    attacker.join()
    wait_until(lambda: len(recorder.recorded()) == 6000, "6,000 events")
    assert sorted(recorder.recorded()) == sorted(ids)
    wait_until(lambda: recorder.pending() == 0, "all acknowledged")


def test_a_mongodb_killed_in_the_middle_costs_nothing_but_time(recorder: RunningRecorder) -> None:
    ids = recorder.add(*(event() for _ in range(3000)))
    wait_until(lambda: len(recorder.recorded()) > 0, "recording began")
    recorder.mongo_server.kill()
    ids += recorder.add(*(event() for _ in range(3000)))
    recorder.send(*(line() for _ in range(100)))
    wait_until(lambda: "mongodb_unreachable" in recorder.log, "said that MongoDB is away")
    time.sleep(0.5)  # several attempts
    recorder.send(*(line() for _ in range(100)))
    assert not recorder.ended()
    recorder.mongo_server.start()
    wait_until(lambda: len(recorder.recorded()) == 6000, "6,000 events")
    assert sorted(recorder.recorded()) == sorted(ids)
    wait_until(lambda: recorder.pending() == 0, "all acknowledged")
    wait_until(lambda: recorder.total("requests") == 200, "the traffic of the outage, too")
    assert recorder.log.count("mongodb_unreachable") == recorder.log.count("mongodb_reachable") == 1


def test_what_a_recorder_left_pending_is_read_again_first(stopped_recorder: RunningRecorder) -> None:
    recorder = stopped_recorder
    ids = recorder.add(event(), event())
    recorder.redis.xgroup_create("decider:events", "recorder", "0")
    recorder.redis.xreadgroup("recorder", "edge", {"decider:events": ">"}, 1)
    recorder.start()
    wait_until(lambda: sorted(recorder.recorded()) == sorted(ids), "both events")


def test_what_a_dead_node_left_is_taken_over(stopped_recorder: RunningRecorder) -> None:
    recorder = stopped_recorder
    ids = recorder.add(event())
    recorder.redis.xgroup_create("decider:events", "recorder", "0")
    recorder.redis.xreadgroup("recorder", "dead-node", {"decider:events": ">"}, 1)
    recorder.redis.xclaim("decider:events", "recorder", "dead-node", 0, [ids[0]], idle=120_000)
    recorder.start()
    wait_until(lambda: recorder.recorded() == ids, "the dead node's event")
    wait_until(lambda: recorder.pending() == 0, "acknowledged")


def test_two_recorders_share_the_work(recorder: RunningRecorder) -> None:
    first = recorder.process
    second_socket = f"unix:{recorder.log_path.parent}/second.sock"
    recorder.environment |= {"DECIDER_NODE": "edge-2", "ACCESS_LOG_BIND": second_socket}
    recorder.start()
    try:
        ids = [one for _ in range(30) for one in recorder.add(*(event() for _ in range(100)))]
        wait_until(lambda: len(recorder.recorded()) == 3000, "3,000 events")
        assert sorted(recorder.recorded()) == sorted(ids)
    finally:
        assert first is not None
        first.kill()
        first.wait(10)


def test_what_was_cut_off_unread_is_counted_and_told(recorder: RunningRecorder) -> None:
    recorder.add(*(event() for _ in range(10)))
    wait_until(lambda: len(recorder.recorded()) == 10, "ten events")
    recorder.stop()
    recorder.add(*(event() for _ in range(50)))
    recorder.redis.xtrim("decider:events", maxlen=20, approximate=False)
    recorder.start()
    wait_until(lambda: len(recorder.recorded()) == 30, "the twenty that are left")
    (told,) = wait_until(lambda: recorder.events("events_trimmed"), "an event tells")
    assert told["count"] == 30
    wait_until(lambda: recorder.status().get("trimmed_unread") == 30, "the status tells")


def test_stores_that_come_later_than_the_recorder(stopped_recorder: RunningRecorder) -> None:
    recorder = stopped_recorder
    recorder.redis_server.kill()
    recorder.mongo_server.kill()
    recorder.start()
    recorder.send(line())
    wait_until(lambda: "mongodb_unreachable" in recorder.log, "said that MongoDB is away")
    assert recorder.stop() < 3
    recorder.start()
    wait_until(lambda: recorder.log.count("redis_unreachable") == 2, "said in each life that Redis is away")
    recorder.redis_server.start()
    ids = recorder.add(event())
    recorder.mongo_server.start()
    wait_until(lambda: recorder.recorded() == ids, "the event")
    assert recorder.log.count("redis_unreachable") == 2
    assert "Traceback" not in recorder.log


def test_operator_lists_follow_the_latest_event(recorder: RunningRecorder) -> None:
    office, bot = {"client": "192.0.2.0/24", "actor": "ada"}, {"client": "198.51.100.7", "actor": "ada"}
    recorder.add(
        event("allow_listed", note="the office", until=0, **office),
        event("deny_listed", note="a bot", until=0, **bot),
        event("delisted", until=0, **bot),
    )
    ended = {"_id": "deny|198.51.100.7/32", "until": {"$ne": None}}
    wait_until(lambda: recorder.mongo.lists.count_documents(ended) == 1, "the bot off its list")
    entries = {one["_id"]: one for one in recorder.mongo.lists.find()}
    assert entries["allow|192.0.2.0/24"]["note"] == "the office"
    assert entries["allow|192.0.2.0/24"]["until"] is None
