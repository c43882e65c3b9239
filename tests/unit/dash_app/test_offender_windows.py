"""How far a look at offenders reaches: windows that fit into the patience of a page."""

import pytest

from dash_app.offender_walk import fitting_window


@pytest.mark.parametrize(
    ("window", "took", "left", "expected"),
    [
        (900, 0.01, 0.5, 3_600),  # quick: four times as long
        (900, 0.05, 0.1, 1_800),  # quick, and there is time for twice as much
        (900, 0.2, 0.4, 900),
        (900, 0.2, 0.1, 450),
        (900, 0.4, 0.4, 225),  # slow: a quarter
        (900, 0.4, 0.0, 0),
        (900, 0.4, -1.0, 0),
        (900, 0.0, 0.5, 3_600),
        (900, 0.0, 0.0, 0),
    ],
)
def test_the_next_window_fits_into_what_is_left(
    window: float, took: float, left: float, expected: float
) -> None:
    assert fitting_window(window, took, left) == pytest.approx(expected)
