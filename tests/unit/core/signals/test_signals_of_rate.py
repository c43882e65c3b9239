"""What the first signals see in what a client did, with the shipped policy."""

from random import Random

import pytest

from decider.core.evidence import Evidence
from decider.core.policy import RouteClass
from decider.core.score import score, sentence
from decider.core.signals import SIGNALS, Signal
from decider.policy_source import load_policy
from tests.unit.core.tallies import NOW_MS, every, tally_of

POLICY = load_policy(None)
ASSET, PAGE, API, SENSITIVE = RouteClass.ASSET, RouteClass.PAGE, RouteClass.API, RouteClass.SENSITIVE
Requests = list[tuple[float, RouteClass]]


def evidence_of(requests: Requests) -> Evidence:
    return Evidence(tally_of(requests), POLICY.cost)


def contributions(requests: Requests) -> dict[str, float]:
    return {reason.signal: reason.contribution for reason in score(evidence_of(requests), POLICY).reasons}


def office_ordering(people: int) -> Requests:
    """Each looks at four pages of 30 assets, then adds, opens checkout and pays, in half a minute."""
    random = Random(1)
    visits: Requests = []
    for _ in range(people):
        end = random.uniform(0, 12)
        for page in range(4):
            seen = end + 6 + 5 * page
            visits += [(seen, PAGE), *((seen, ASSET) for _ in range(30))]
        visits += [(end + 5, SENSITIVE), (end + 3, SENSITIVE), (end, SENSITIVE)]
    return sorted(visits, key=lambda visit: -visit[0])


@pytest.mark.parametrize(
    ("requests", "named"),
    [
        ([(0.0, PAGE)], set()),
        ([(0.1, PAGE), *[(0.0, ASSET)] * 80], set()),  # a page with 80 assets is no burst
        ([(30.0, PAGE), (20.0, PAGE), (10.0, PAGE), (5.0, SENSITIVE), (0.0, SENSITIVE)], set()),
        (every(2.0, 30, API), set()),  # a page that polls
        ([(0.0, PAGE)] * 50, {"burst"}),
        ([(0.0, SENSITIVE)] * 11, {"burst", "sensitive_pressure"}),
        (every(0.5, 200, PAGE), {"regularity"}),
        (every(0.5, 200, API), set()),  # on an API a program's rhythm is the normal one
        (every(0.05, 600, PAGE), {"burst", "sustained_rate", "regularity"}),
        (office_ordering(25), set()),
    ],
)
def test_what_a_client_did_is_seen_by_the_signals_it_concerns(requests: Requests, named: set[str]) -> None:
    assert set(contributions(requests)) == named


def test_browsing_excuses_three_quarters_of_the_pressure_and_no_more() -> None:
    rush: Requests = [(0.0, SENSITIVE)] * 11
    browsed: Requests = [(20.0, PAGE)] * 1_000
    alone, surrounded = contributions(rush), contributions(browsed + rush)
    assert alone["sensitive_pressure"] >= POLICY.block_at
    assert "sensitive_pressure" not in surrounded
    more: Requests = [(0.0, SENSITIVE)] * 48
    assert contributions(browsed + more)["sensitive_pressure"] == alone["sensitive_pressure"] / 7 * 8


def test_a_partner_at_ten_requests_a_second_on_the_api_is_never_near_the_threshold() -> None:
    assert score(evidence_of(every(0.1, 2 * 36_000, API)), POLICY).value < POLICY.observe_at


def test_fifty_requests_within_a_second_score_at_least_099() -> None:
    assert score(evidence_of([(0.0, PAGE)] * 50), POLICY).value >= 0.99


@pytest.mark.parametrize("spacing", [0.02, 0.05])
def test_a_bot_at_checkout_is_over_the_threshold_within_20_requests(spacing: float) -> None:
    assert score(evidence_of(every(spacing, 20, SENSITIVE)), POLICY).value >= POLICY.block_at


def test_the_order_of_what_a_client_asked_for_does_not_matter() -> None:
    requests = [(0.0, PAGE)] * 5 + [(0.0, SENSITIVE)] * 7 + [(0.0, ASSET)] * 40
    expected = score(evidence_of(requests), POLICY).value
    shuffled = requests.copy()
    for seed in range(10):
        Random(seed).shuffle(shuffled)
        assert score(evidence_of(shuffled), POLICY).value == pytest.approx(expected)


def test_every_reason_is_said_in_words() -> None:
    measured = score(evidence_of(every(0.05, 600, SENSITIVE)), POLICY)
    words = sentence(evidence_of(every(0.05, 600, SENSITIVE)), measured.reasons)
    assert words.count(";") == len(measured.reasons) - 1 > 0


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_every_signal_can_say_what_it_saw_without_braces_or_classes(signal: Signal) -> None:
    assert not set("{}<>_") & set(signal.phrase(evidence_of(every(0.05, 600, SENSITIVE))))


def test_silence_forgets() -> None:
    tally = tally_of([(0.0, PAGE)] * 200)
    later = type(tally)(tally.record, NOW_MS + 130_000)
    assert score(Evidence(later, POLICY.cost), POLICY).value == 0.0
