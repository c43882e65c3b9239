"""Ids, UUIDs, hashes and dates are folded: a catalogue is one route, however many items it has."""

import pytest

from decider.core.path_template import template_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/product/1", "/product/98765"),
        (
            "/user/3f2504e0-4f89-11d3-9a0c-0305e82c3301/edit",
            "/user/6ba7b810-9dad-11d1-80b4-00c04fd430c8/edit",
        ),
        ("/news/2026/11/23/title", "/news/2025/01/02/title"),
        ("/static/app.9f86d081884c7d65.js", "/static/app.60303ae22b998861.js"),
    ],
)
def test_what_differs_only_by_an_id_is_one_route(one: str, other: str) -> None:
    assert template_of(one) == template_of(other)


@pytest.mark.parametrize(("one", "other"), [("/cart", "/checkout"), ("/product/1", "/product/1/reviews")])
def test_what_differs_by_words_is_two(one: str, other: str) -> None:
    assert template_of(one) != template_of(other)
