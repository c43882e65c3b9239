"""What is measured, in the words of the report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from load.bench.clients import DENIED_10K, DENIED_ONE, MANY, ONE, Clients


class Gate(StrEnum):
    """Which server is asked; each is an nginx port of its own in front of the same upstream."""

    UNGUARDED = "unguarded"
    CEILING = "ceiling"
    LUA = "lua"
    OBSERVE = "observe"
    ENFORCE = "enforce"
    LOGGED = "logged"  # as enforce, with the access log going to a recorder
    UNCACHED = "uncached"  # as enforce, with a policy that lets nginx cache nothing
    GONE = "gone"  # guarded by a decider that is not running
    HUNG = "hung"  # guarded by a decider that takes connections and never answers
    DENY_ALL = "deny_all"


DENYING = (Gate.ENFORCE, Gate.LOGGED, Gate.UNCACHED, Gate.DENY_ALL)


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
        return self.gate in DENYING


SCENARIOS = (
    Scenario("unguarded_rps", Gate.UNGUARDED, MANY, "nginx in front of the upstream, no guard"),
    Scenario(
        "ceiling_rps", Gate.CEILING, MANY, "auth_request to an nginx that answers 204: the pattern's ceiling"
    ),
    Scenario("guarded_one_client_rps", Gate.OBSERVE, ONE, "every request decided, all from one client"),
    Scenario("guarded_many_clients_rps", Gate.OBSERVE, MANY, "every request decided, 200,000 clients"),
    Scenario(
        "lua_in_nginx_one_rps", Gate.LUA, ONE, "Lua in nginx, one EVALSHA a request, all from one client"
    ),
    Scenario("lua_in_nginx_many_rps", Gate.LUA, MANY, "Lua in nginx, one EVALSHA a request, 200,000 clients"),
    Scenario(
        "deny_cached_one_rps", Gate.ENFORCE, DENIED_ONE, "one blocked client, 403 from nginx's deny cache"
    ),
    Scenario(
        "deny_cached_10k_rps", Gate.ENFORCE, DENIED_10K, "10,000 blocked clients, 403 from the deny cache"
    ),
    Scenario(
        "deny_cached_one_logged_rps", Gate.LOGGED, DENIED_ONE, "the same, one log line each to the recorder"
    ),
    Scenario(
        "deny_cached_10k_logged_rps", Gate.LOGGED, DENIED_10K, "the same, one log line each to the recorder"
    ),
    Scenario("deny_all_rps", Gate.DENY_ALL, ONE, "nginx's own deny all, to compare"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One way a request can be answered, whose latency is measured; ``key`` is its name in bench.json."""

    key: str
    gate: Gate
    clients: Clients
    meaning: str

    @property
    def status(self) -> int:
        """What every answer must be."""
        return 403 if self.gate in DENYING else 200


ALLOW = Kind("allow", Gate.OBSERVE, MANY, "decided, then passed on")
KINDS = (
    ALLOW,
    Kind("block", Gate.UNCACHED, DENIED_10K, "decided, refused"),
    Kind("cached_block", Gate.ENFORCE, DENIED_ONE, "refused from the deny cache"),
    Kind("fail_open", Gate.GONE, MANY, "decider stopped, breaker open, passed on"),
    Kind("fail_open_hung", Gate.HUNG, MANY, "decider hung, breaker open, passed on"),
)
NO_GUARD = Kind("no_guard", Gate.UNGUARDED, MANY, "passed on without a guard")

RATES = (200, 1_000, 5_000)  # requests a second: a quiet site, a busy one, and near what two cores take
BASE_RATE = 500  # of added_p50_ms and added_p99_ms: far below saturation, so that no queueing is measured
