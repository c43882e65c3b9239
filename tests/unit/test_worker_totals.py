"""What a worker tells of its latency."""

from decider.worker_totals import WorkerTotals


def test_percentiles_are_the_upper_bounds_of_their_buckets() -> None:
    totals = WorkerTotals()
    totals.percentiles()
    for milliseconds in [0.4] * 98 + [40.0, 40.0]:
        totals.decided("allow", milliseconds / 1000)
    assert totals.percentiles() == (0.5, 50.0)


def test_a_worker_without_requests_has_no_latency() -> None:
    assert WorkerTotals().percentiles() == (0.0, 0.0)


def test_what_lies_more_than_a_minute_back_is_left_out() -> None:
    totals = WorkerTotals()
    totals.decided("allow", 0.4)
    for _ in range(62):
        totals.percentiles()
    totals.decided("allow", 0.0004)
    assert totals.percentiles() == (0.5, 0.5)
