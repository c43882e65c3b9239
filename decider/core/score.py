"""The threat score: signals combined by noisy-or, 0 (human) to 1 (bot), with its reasons.

    score = 1 - product(1 - weight_i x signal_i)

Noisy-or (Pearl, Probabilistic Reasoning in Intelligent Systems, 1988, ch. 4.3.2) treats each signal as an
independent cause that alone would convince with its contribution: 0.6 and 0.5 make 0.8, none takes away.
"""

from __future__ import annotations

from dataclasses import dataclass

from decider.core.evidence import Evidence
from decider.core.policy import Mode, Policy
from decider.core.security_event import Reason
from decider.core.signals import SIGNALS

LEAST_CONTRIBUTION = 0.005  # below this a reason would be shown as 0.00


@dataclass(frozen=True, slots=True)
class Score:
    """``value`` counts every signal, ``enforced`` only those whose mode is enforce; reasons largest first."""

    value: float
    enforced: float
    reasons: tuple[Reason, ...]


def score(evidence: Evidence, policy: Policy) -> Score:
    """Measure every signal and combine them."""
    human, human_enforced = 1.0, 1.0
    reasons = []
    for signal in SIGNALS:
        configured = policy.signals[signal.name]
        contribution = configured.weight * signal.measure(evidence, configured.ramps)
        if contribution < LEAST_CONTRIBUTION:
            continue
        human *= 1.0 - contribution
        if configured.mode is Mode.ENFORCE:
            human_enforced *= 1.0 - contribution
        reasons.append(Reason(signal.name, contribution))
    reasons.sort(key=lambda reason: -reason.contribution)
    return Score(1.0 - human, 1.0 - human_enforced, tuple(reasons))


def sentence(evidence: Evidence, reasons: tuple[Reason, ...]) -> str:
    """Why, in words: the phrases of the signals that contributed, largest first."""
    phrases = {signal.name: signal.phrase for signal in SIGNALS}
    return "; ".join(phrases[reason.signal](evidence) for reason in reasons if reason.signal in phrases)
