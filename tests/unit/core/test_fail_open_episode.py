"""Episodes, second by second."""

from decider.core.fail_open_episode import FailOpenEpisodes
from decider.core.security_event import EventKind, SecurityEvent

STARTED, ENDED = EventKind.FAIL_OPEN_STARTED, EventKind.FAIL_OPEN_ENDED


def told(events: list[SecurityEvent]) -> list[tuple[EventKind, float, int]]:
    return [(event.kind, event.ts, event.count) for event in events]


def test_an_episode_starts_at_once_and_ends_after_ten_quiet_seconds() -> None:
    episodes = FailOpenEpisodes("edge-1")
    assert told(episodes.advance([(100, 3)], 101)) == [(STARTED, 100, 3)]
    assert told(episodes.advance([(101, 40)], 102)) == []
    assert told(episodes.advance([], 111)) == []
    assert told(episodes.advance([(111, 0)], 112)) == [(ENDED, 112, 43)]
    assert told(episodes.advance([], 200)) == []


def test_a_pause_of_nine_seconds_does_not_end_an_episode() -> None:
    episodes = FailOpenEpisodes("edge-1")
    episodes.advance([(100, 1)], 101)
    assert told(episodes.advance([(110, 1)], 111)) == []
    assert episodes.count == 2


def test_late_seconds_are_told_in_their_order() -> None:
    episodes = FailOpenEpisodes("edge-1")
    events = episodes.advance([(100, 1), (101, 2), (150, 5)], 151)
    assert told(events) == [(STARTED, 100, 1), (ENDED, 150, 3), (STARTED, 150, 5)]


def test_traffic_without_fail_open_makes_no_events() -> None:
    episodes = FailOpenEpisodes("edge-1")
    assert episodes.advance([(100, 0), (101, 0)], 102) == []
    assert not episodes.running


def test_stopping_ends_a_running_episode_and_only_that() -> None:
    episodes = FailOpenEpisodes("edge-1")
    assert episodes.end(100) == []
    episodes.advance([(100, 7)], 101)
    (event,) = episodes.end(102)
    assert (event.kind, event.count, event.node, event.actor) == (ENDED, 7, "edge-1", "recorder")
    assert episodes.end(103) == []
