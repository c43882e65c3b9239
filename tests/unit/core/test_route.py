"""Which route a request asks for: the operator's routes first, then what the browser or the name says."""

from dataclasses import replace

import pytest

from decider.core.policy import Mode, Route, RouteClass
from decider.core.route import build_classifier
from decider.policy_source import load_policy

POLICY = load_policy(None)


@pytest.mark.parametrize(
    ("method", "target", "destination", "route", "route_class"),
    [
        ("GET", "/", "", "page", RouteClass.PAGE),
        ("GET", "/about.html", "", "page", RouteClass.PAGE),
        ("GET", "/style.css?v=2", "", "asset", RouteClass.ASSET),
        ("GET", "/picture", "image", "asset", RouteClass.ASSET),
        ("GET", "/report.pdf", "", "page", RouteClass.PAGE),  # people and scrapers fetch documents
        ("GET", "/checkout", "", "checkout", RouteClass.SENSITIVE),
        ("POST", "/checkout/", "", "checkout", RouteClass.SENSITIVE),
        ("GET", "/checkout", "image", "checkout", RouteClass.SENSITIVE),  # it may call itself what it likes
        ("GET", "/checkout/step/2", "", "checkout", RouteClass.SENSITIVE),
        ("GET", "//x/../%63heckout", "", "checkout", RouteClass.SENSITIVE),
        ("GET", "/checkouts", "", "page", RouteClass.PAGE),
        ("POST", "/login", "", "login", RouteClass.SENSITIVE),
        ("GET", "/login", "", "page", RouteClass.PAGE),  # looking at the form costs a page
        ("GET", "/api/products", "", "api", RouteClass.API),
        ("POST", "/api/orders", "", "checkout", RouteClass.SENSITIVE),
        ("GET", "/api/orders/style.css", "", "api", RouteClass.API),
    ],
)
def test_the_first_route_that_matches_names_a_request(
    method: str, target: str, destination: str, route: str, route_class: RouteClass
) -> None:
    classified = build_classifier(POLICY)(method, target, destination)
    assert (classified.route, classified.route_class) == (route, route_class)


def test_a_route_may_be_observed_while_the_rest_is_enforced() -> None:
    quiet = Route("beta", RouteClass.API, ("/beta/*", "*.beta"), frozenset({"GET"}), Mode.OBSERVE)
    policy = replace(POLICY, routes=(quiet, *POLICY.routes))
    classify = build_classifier(policy)
    modes = [
        classify(*asked, "").mode for asked in [("GET", "/beta/x"), ("GET", "/a.beta"), ("POST", "/beta/x")]
    ]
    assert modes == [Mode.OBSERVE, Mode.OBSERVE, Mode.ENFORCE]
    assert POLICY.one_mode and not policy.one_mode
