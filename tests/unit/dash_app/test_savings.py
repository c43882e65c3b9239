"""What blocking saved, from measured prices."""

import pytest

from dash_app.rows import RouteTraffic, TrafficRow
from dash_app.savings import savings
from dash_app.settings import Prices

PRICES = Prices(cpu_second_usd=0.01, gigabyte_usd=1.0)


def second(*routes: RouteTraffic) -> TrafficRow:
    return TrafficRow(0, 0, 0, 0, 0, 0, {}, routes)


@pytest.mark.parametrize(
    ("routes", "usd"),
    [
        # 10 blocked where an allowed one took 0.5 s and 1 MB: 10 x (0.005 + 0.001)
        ([RouteTraffic("checkout", 4, 10, 2.0, 4_000_000)], 0.06),
        # nothing blocked, nothing saved
        ([RouteTraffic("checkout", 4, 0, 2.0, 4_000_000)], 0.0),
        # a route that let nothing through takes the mean of all routes
        ([RouteTraffic("page", 4, 0, 2.0, 4_000_000), RouteTraffic("login", 0, 10, 0.0, 0)], 0.06),
        # nothing was ever allowed: nothing is known of its price
        ([RouteTraffic("login", 0, 10, 0.0, 0)], 0.0),
        # dear and cheap routes are not mixed
        ([RouteTraffic("dear", 1, 1, 1.0, 0), RouteTraffic("cheap", 9, 9, 0.0, 0)], 0.01),
    ],
)
def test_a_blocked_request_saves_what_an_allowed_one_on_its_route_costs(
    routes: list[RouteTraffic], usd: float
) -> None:
    assert savings([second(*routes)], PRICES).usd == pytest.approx(usd)


def test_seconds_add_up_and_the_inputs_are_told() -> None:
    told = savings([second(RouteTraffic("page", 2, 3, 1.0, 100))] * 2, PRICES)
    assert (told.blocked, told.mean_upstream_seconds, told.mean_bytes) == (6, 0.5, 50)
