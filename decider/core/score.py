"""The threat score: signals combined by noisy-or, 0 (human) to 1 (bot), with its reasons.

    score = 1 - product(1 - weight_i x signal_i)

Noisy-or (Pearl, Probabilistic Reasoning in Intelligent Systems, 1988, ch. 4.3.2) treats each signal as an
independent cause that alone would convince with its contribution: 0.6 and 0.5 make 0.8, none takes away.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from decider.core.evidence import Evidence
from decider.core.policy import Mode, Policy
from decider.core.security_event import Reason
from decider.core.signals import SIGNALS

LEAST_CONTRIBUTION = 0.005  # below this a reason would be shown as 0.00


class Score(NamedTuple):
    """``value`` counts every signal, ``enforced`` only those whose mode is enforce; reasons largest first."""

    value: float
    enforced: float
    reasons: tuple[Reason, ...]


NOTHING = Score(0.0, 0.0, ())


class Scorer:
    """Measures every signal by one policy and combines them."""

    def __init__(self, policy: Policy) -> None:
        self.signals = tuple(
            signal
            for signal in sorted(SIGNALS, key=lambda signal: signal.needs_company)
            if policy.signals[signal.name].weight
        )
        self._measures = tuple(
            (
                signal.name,
                signal.measure,
                one.weight,
                one.ramps,
                one.mode is Mode.ENFORCE,
                signal.needs_company,
            )
            for signal in self.signals
            if (one := policy.signals[signal.name])
        )
        self._all = range(len(self.signals))

    def __call__(self, evidence: Evidence, places: Iterable[int] | None = None) -> Score:
        """The score of this evidence; by the signals at these places alone, where the others would be 0."""
        human, human_enforced = 1.0, 1.0
        reasons: list[Reason] = []
        for place in self._all if places is None else places:
            name, measure, weight, ramps, enforced, needs_company = self._measures[place]
            if needs_company and not reasons:
                break
            height = measure(evidence, ramps)
            if not height or (contribution := weight * height) < LEAST_CONTRIBUTION:
                continue
            human *= 1.0 - contribution
            if enforced:
                human_enforced *= 1.0 - contribution
            reasons.append(Reason(name, contribution))
        if not reasons:
            return NOTHING
        reasons.sort(key=lambda reason: -reason.contribution)
        return Score(1.0 - human, 1.0 - human_enforced, tuple(reasons))


def score(evidence: Evidence, policy: Policy) -> Score:
    """Once; who scores often keeps a Scorer."""
    return Scorer(policy)(evidence)


def sentence(evidence: Evidence, reasons: tuple[Reason, ...]) -> str:
    """Why, in words: the phrases of the signals that contributed, largest first."""
    phrases = {signal.name: signal.phrase for signal in SIGNALS}
    return "; ".join(phrases[reason.signal](evidence) for reason in reasons if reason.signal in phrases)
