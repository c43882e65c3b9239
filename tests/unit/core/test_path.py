"""One reading of a request target."""

import pytest

from decider.core.path import normalise


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/checkout", "/checkout"),
        ("/checkout?step=1#x", "/checkout"),
        ("//checkout", "/checkout"),
        ("/%63heckout", "/checkout"),
        ("/%2563heckout", "/%63heckout"),  # decoded once, never twice
        ("/shop/../checkout", "/checkout"),
        ("/shop/%2e%2e/checkout/", "/checkout/"),
        ("/./a//b/./c", "/a/b/c"),
        ("/../../etc/passwd", "/etc/passwd"),
        ("http://shop.example/checkout?x", "/checkout"),  # absolute form, as proxies send it
        ("http://shop.example", "/"),
        ("", "/"),
        ("*", "/*"),
        ("/%zz%", "/%zz%"),
        ("/%ff%fe", "/��"),
        ("/caf%C3%A9", "/café"),
        ("/a%00b", "/a\x00b"),
    ],
)
def test_a_target_has_one_reading(target: str | bytes, path: str) -> None:
    assert normalise(target) == path


def test_an_endless_target_is_cut() -> None:
    assert len(normalise("/" + "a" * 100_000)) < 3_000
