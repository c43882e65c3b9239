"""What is measured, in the words of the report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from load.bench.clients import DENIED_10K, DENIED_ONE, MANY, ONE, Clients


class Gate(StrEnum):
    """Which server is asked; each is an nginx port of its own in front of the same upstream."""

    UNGUARDED = "unguarded"
    CEILING = "ceiling"
    OBSERVE = "observe"
    ENFORCE = "enforce"
    DENY_ALL = "deny_all"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One line of the throughput table; ``key`` is its name in bench.json."""

    key: str
    gate: Gate
    clients: Clients
    meaning: str

    @property
    def denied(self) -> bool:
        """Whether every answer must be a 403 instead of a 200."""
        return self.gate in (Gate.ENFORCE, Gate.DENY_ALL)


SCENARIOS = (
    Scenario("unguarded_rps", Gate.UNGUARDED, MANY, "nginx in front of the upstream, no guard"),
    Scenario(
        "ceiling_rps", Gate.CEILING, MANY, "auth_request to an nginx that answers 204: the pattern's ceiling"
    ),
    Scenario("guarded_one_client_rps", Gate.OBSERVE, ONE, "every request decided, all from one client"),
    Scenario("guarded_many_clients_rps", Gate.OBSERVE, MANY, "every request decided, 200,000 clients"),
    Scenario(
        "deny_cached_one_rps", Gate.ENFORCE, DENIED_ONE, "one blocked client, 403 from nginx's deny cache"
    ),
    Scenario(
        "deny_cached_10k_rps", Gate.ENFORCE, DENIED_10K, "10,000 blocked clients, 403 from the deny cache"
    ),
    Scenario("deny_all_rps", Gate.DENY_ALL, ONE, "nginx's own deny all, to compare"),
)

LATENCY_RATE = 500  # requests a second: far below saturation, so that queueing is not what is measured
