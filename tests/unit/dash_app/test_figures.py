"""Figures: what is drawn, and what never is."""

from dash_app import figures
from dash_app.countries import countries
from dash_app.places import Place
from dash_app.ranges import TrafficPoint

POINTS = [TrafficPoint(0, 5, 1, 2, 0, 0), TrafficPoint(1, 6, 0, 0, 3, 1)]


def test_allowed_blocked_and_cached_denies_stack_to_all_requests() -> None:
    figure = figures.traffic_figure(POINTS, "5m")
    stacked = [trace.name for trace in figure.data if trace.stackgroup]
    assert stacked == ["Allowed", "Blocked", "Deny cache"]
    assert figure.data[3].line.dash == "dash"


def test_an_extension_has_the_new_points_of_every_trace() -> None:
    data, traces, most = figures.traffic_extension(POINTS[1:], 300)
    assert data["x"] == [["1970-01-01 00:00:01"]] * 5
    assert data["y"] == [[6], [0], [0], [3], [1]]
    assert (traces, most) == ([0, 1, 2, 3, 4], 300)


def test_a_country_too_small_for_the_map_gets_a_bubble_all_the_same() -> None:
    figure = figures.map_figure({"SG": 40, "XK": 10, "ZZ": 5})
    assert list(figure.data[0].locations) == ["SGP", "XKX"]
    assert len(figure.data[1].lon) == 2


def test_a_country_code_that_is_none_is_left_out() -> None:
    figure = figures.map_figure({"<b>": 40, "??": 1})
    assert "<b>" not in figure.to_json()


def test_four_times_the_requests_make_twice_the_bubble() -> None:
    grown = figures.bubble_pixels(100, 100) - figures.SMALLEST_BUBBLE_PIXELS
    quarter = figures.bubble_pixels(25, 100) - figures.SMALLEST_BUBBLE_PIXELS
    assert grown == 2 * quarter


def test_every_country_has_a_place_on_the_map() -> None:
    assert len(countries()) >= 250
    assert all(-180 <= one.longitude <= 180 and -90 <= one.latitude <= 90 for one in countries().values())


def test_the_map_does_not_move_while_it_is_live() -> None:
    figure = figures.map_figure({})
    assert (figure.layout.geo.fitbounds, figure.layout.uirevision) == (False, "map")


def test_cities_stand_for_their_countries_and_their_names_are_no_markup() -> None:
    city = Place('<a href="//evil">x</a>', "DE", 52.5, 13.4, 12)
    figure = figures.map_figure({"DE": 40, "SG": 3}, cities=[city])
    assert list(figure.data[1].customdata) == ["SG"]
    assert list(figure.data[2].customdata) == ["DE"]
    assert figure.data[2].text[0].startswith("&lt;a href=")
    assert figure.data[2].text[0].endswith("Germany: 12 bans")


def test_a_point_of_the_map_knows_its_country_and_what_it_counts() -> None:
    figure = figures.map_figure({"DE": 40}, "bans")
    assert list(figure.data[0].customdata) == ["DE"]
    assert figure.data[1].text == ("Germany: 40 bans",)
