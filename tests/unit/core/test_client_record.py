"""What is remembered of a client: windows, marks and rhythm, second by second."""

import pytest

from decider.core.client_record import ClientRecord, count_hits, decode
from decider.core.hit import Hit, hit_for
from decider.core.policy import RouteClass
from decider.core.record_layout import COUNTER_LIMIT, LAYOUT
from decider.core.tally import Tally

T0 = 1_800_000_000_000.0  # any whole minute, in ms


def after(*hits: tuple[float, Hit]) -> ClientRecord:
    record = ClientRecord()
    for seconds, hit in hits:
        record = count_hits(record, (hit,), T0 + 1000 * seconds)
    return record


def page(request_id: str = "", age_ms: int = 0) -> Hit:
    return hit_for(RouteClass.PAGE, request_id, age_ms)


@pytest.mark.parametrize(
    ("asked_at", "window", "expected"),
    [
        # three requests at 0.0, 0.2 and 0.9 s ...
        (0.9, 1, 3.0),  # ... are all in the running second
        (1.5, 1, 1.5),  # half of that second is still inside the window
        (1.999, 1, 0.003),  # nearly none of it
        (2.0, 1, 0.0),  # a whole window of silence forgets
        (9.0, 10, 3.0),  # ten seconds still hold them all
        (14.0, 10, 1.8),  # six of ten tenths of the bucket 0..10 lie inside 4..14
        (59.0, 60, 3.0),
        (90.0, 60, 1.5),
        (120.0, 60, 0.0),
    ],
)
def test_a_sliding_window_counts_the_part_of_the_previous_bucket_it_still_covers(
    asked_at: int, window: int, expected: float
) -> None:
    record = after((0.0, page()), (0.2, page()), (0.9, page()))
    assert Tally(record, T0 + 1000 * asked_at).over(RouteClass.PAGE, window) == pytest.approx(expected)


def test_each_route_class_is_counted_apart() -> None:
    record = after((0, page()), (0, hit_for(RouteClass.SENSITIVE)), (0, hit_for(RouteClass.SENSITIVE)))
    counts = [Tally(record, T0).over(group, 10) for group in RouteClass]
    assert counts == [0, 1, 0, 2]


def test_a_repeated_request_id_is_counted_once_even_with_others_in_between() -> None:
    others = [(0.0, page(f"other-{number}")) for number in range(3)]
    record = after((0.0, page("same")), *others, (0.1, page("same")))
    assert Tally(record, T0).over(RouteClass.PAGE, 10) == 4


def test_a_request_without_an_id_is_never_taken_for_a_repeat() -> None:
    assert Tally(after((0, page()), (0, page())), T0).over(RouteClass.PAGE, 1) == 2


def test_a_counter_stays_at_its_limit_instead_of_starting_again_at_zero() -> None:
    full = count_hits(ClientRecord(), [page()] * (COUNTER_LIMIT + 5), T0)
    assert Tally(full, T0).over(RouteClass.PAGE, 60) == COUNTER_LIMIT


def test_a_clock_that_falls_back_stands_still() -> None:
    record = after((10.0, page()), (3.0, page()))
    assert record.last_ms == T0 + 10_000
    assert Tally(record, record.last_ms).over(RouteClass.PAGE, 1) == 2


def test_a_machine_has_little_variation_and_a_person_has_much() -> None:
    machine = after(*((number * 0.02, page()) for number in range(50)))
    person = after(*((seconds, page()) for seconds in (0, 4, 5, 17, 18, 19, 40, 41, 44, 60, 75, 76)))
    assert Tally(machine, T0).variation < 0.05
    assert Tally(person, T0).variation > 0.4


def test_the_rhythm_follows_arrival_and_not_the_moment_of_counting() -> None:
    waited = after((0.0, page()), (1.0, page()), (2.5, page(age_ms=500)))
    assert waited.interval_mean_ms == pytest.approx(1000)


def test_assets_have_no_rhythm() -> None:
    record = after(*((number * 0.01, hit_for(RouteClass.ASSET)) for number in range(20)))
    assert record.interval_count == 0


def test_an_hour_of_silence_begins_a_new_rhythm() -> None:
    assert after((0, page()), (1, page()), (4_000, page())).interval_count == 0


def test_a_record_survives_its_stored_form_and_is_small() -> None:
    record = after((0, page("id")), (0.5, hit_for(RouteClass.API, "other")))
    assert decode(record.encode()).buckets == record.buckets
    assert LAYOUT.size < 250


@pytest.mark.parametrize("stored", [None, b"", b"\x01short", b"\x09" + bytes(LAYOUT.size - 1)])
def test_nothing_or_another_version_is_a_new_client(stored: bytes | None) -> None:
    assert decode(stored) == ClientRecord()
