"""Why a client is treated as it is: all that is known of it at one moment, and a sentence to sum it up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from decider.core.client_key import ClientKey
from decider.core.evidence import Evidence
from decider.core.geo import Geo
from decider.core.network_list import Listing
from decider.core.policy import Policy
from decider.core.record_layout import WINDOWS_SECONDS, Group
from decider.core.score import Score, score
from decider.core.signals import SIGNALS
from decider.core.tally import Tally


@dataclass(frozen=True, slots=True)
class Explanation:
    """A client, what the operator says of it, what was counted and what that makes."""

    client: ClientKey
    tally: Tally
    listing: Listing | None
    is_exempt: bool
    geo: Geo
    score: Score
    policy: Policy

    @property
    def sentence(self) -> str:
        """In words, in the order of the verdict."""
        record, now = self.tally.record, self.tally.now_ms / 1000
        if self.listing is not None and self.listing.list_name == "allow":
            return f"allowed: {self.listing.network} is on the allow-list{_ending(self.listing.until, now)}"
        if record.hold_until > now:
            return f"allowed: an operator's unban holds for another {record.hold_until - now:.0f} s"
        if self.listing is not None:
            return f"blocked: {self.listing.network} is on the deny-list{_ending(self.listing.until, now)}"
        if record.ban_until > now:
            verb = "banned" if record.ban_enforced else "would be banned (observed only)"
            return f"{verb} for another {record.ban_until - now:.0f} s, ban number {record.ban_count}"
        return self._scored_sentence

    @property
    def _scored_sentence(self) -> str:
        value, block_at = self.score.value, self.policy.block_at
        if not self.tally.record.last_ms:
            return "not seen lately"
        if value < block_at:
            return f"allowed: score {value:.2f} is below {block_at:.2f}{self._visitors}"
        what = "never banned (exempt network)" if self.is_exempt else "blocked at its next request"
        return f"{what}: score {value:.2f} reaches {block_at:.2f}"

    @property
    def _visitors(self) -> str:
        """A repeat whose ban had no length here was a visitor's."""
        record = self.tally.record
        if not record.ban_count or record.ban_seconds:
            return ""
        return f"; a session or API key of this address was banned alone, repeat {record.ban_count}"

    def to_mapping(self) -> dict[str, Any]:
        """For --json: plain values only."""
        evidence, record = Evidence(self.tally, self.policy.cost), self.tally.record
        contributions = {reason.signal: reason.contribution for reason in self.score.reasons}
        return {
            "client": self.client.name,
            "subnet": self.client.subnet,
            "address": self.client.text,
            "sentence": self.sentence,
            "country": self.geo.country,
            "asn": self.geo.asn,
            "network": self.geo.network,
            "score": round(self.score.value, 4),
            "block_at": self.policy.block_at,
            "signals": {
                signal.name: {
                    "contribution": round(contributions.get(signal.name, 0.0), 4),
                    "weight": self.policy.signals[signal.name].weight,
                    "measured": signal.phrase(evidence),
                }
                for signal in SIGNALS
            },
            "counters": {
                group.name.lower(): {
                    f"{window}s": round(self.tally.over(group, window), 2) for window in WINDOWS_SECONDS
                }
                for group in Group
            },
            "ban": {
                "until": record.ban_until,
                "seconds": record.ban_seconds,
                "count": record.ban_count,
                "enforced": record.ban_enforced,
            },
            "unban_holds_until": record.hold_until,
            "listed": None if self.listing is None else self.listing.list_name.value,
            "exempt": self.is_exempt,
        }


def explain(
    client: ClientKey, tally: Tally, listing: Listing | None, geo: Geo, policy: Policy
) -> Explanation:
    """Put together what is known."""
    is_exempt = any(
        client.address in one for one in policy.ban.exempt if one.version == client.address.version
    )
    measured = score(Evidence(tally, policy.cost), policy)
    return Explanation(client, tally, listing, is_exempt, geo, measured, policy)


def _ending(until: float | None, now: float) -> str:
    return "" if until is None else f" for another {until - now:.0f} s"
