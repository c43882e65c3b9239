"""Noisy-or: suspicions add up, none takes away, and each is told."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from decider.core import score as module
from decider.core.evidence import Evidence
from decider.core.policy import Mode, Ramp, SignalPolicy
from decider.core.score import score
from decider.core.signals import Signal
from decider.policy_source import load_policy
from tests.unit.core.tallies import tally_of

POLICY = load_policy(None)


def signal_that_says(name: str, measured: float) -> Signal:
    def measure(_: Evidence, __: Mapping[str, Ramp]) -> float:
        return measured

    return Signal(name, (), measure, lambda _: name)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ({}, 0.0),
        ({"a": 0.6}, 0.6),
        ({"a": 0.6, "b": 0.5}, 0.8),
        ({"a": 0.5, "b": 0.5, "c": 0.5}, 0.875),
        ({"a": 1.0, "b": 0.5}, 1.0),
        ({"a": 0.004}, 0.0),  # what would be shown as 0.00 does not count
    ],
)
def test_signals_combine_by_noisy_or(
    monkeypatch: pytest.MonkeyPatch, measured: dict[str, float], expected: float
) -> None:
    monkeypatch.setattr(module, "SIGNALS", tuple(signal_that_says(*one) for one in measured.items()))
    policy = replace(POLICY, signals={name: SignalPolicy(1.0, {}) for name in measured})
    result = score(Evidence(tally_of([]), POLICY.cost), policy)
    assert result.value == pytest.approx(expected) and result.enforced == pytest.approx(expected)
    told = [reason.contribution for reason in result.reasons]
    assert told == sorted(told, reverse=True) and len(told) == sum(one >= 0.005 for one in measured.values())


def test_an_observed_signal_counts_for_the_score_and_not_for_the_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SIGNALS", (signal_that_says("a", 0.6), signal_that_says("b", 0.5)))
    signals = {"a": SignalPolicy(1.0, {}), "b": SignalPolicy(1.0, {}, Mode.OBSERVE)}
    result = score(Evidence(tally_of([]), POLICY.cost), replace(POLICY, signals=signals))
    assert [result.value, result.enforced] == pytest.approx([0.8, 0.6])
    assert [reason.signal for reason in result.reasons] == ["a", "b"]
