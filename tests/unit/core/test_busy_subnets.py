"""Which subnets get a record: only those that ask for many pages within a minute."""

from decider.core.busy_subnets import BUSY_PER_MINUTE, BusySubnets


def test_a_subnet_is_busy_after_many_pages_in_a_minute_and_quiet_again_in_the_next() -> None:
    subnets = BusySubnets()
    seen = [subnets.is_busy("203.0.113.0/24", 120.0) for _ in range(BUSY_PER_MINUTE + 2)]
    assert seen == [False] * BUSY_PER_MINUTE + [True] * 2
    assert not subnets.is_busy("203.0.113.0/24", 180.0)


def test_hardly_any_of_ten_thousand_quiet_subnets_is_taken_for_busy() -> None:
    subnets = BusySubnets()
    busy = [subnets.is_busy(f"10.{n // 250}.{n % 250}.0/24", 0.0) for n in range(10_000) for _ in range(5)]
    assert sum(busy) == 0
