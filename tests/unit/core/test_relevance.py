"""What is left out would have said nothing; and of most clients everything is left out."""

from dataclasses import replace
from random import Random

import pytest

from decider.core.client_key import client_key
from decider.core.client_record import ClientRecord, count_hits
from decider.core.evidence import Evidence
from decider.core.hit import Hit
from decider.core.policy import Policy, Ramp
from decider.core.record_layout import (
    BUCKETS,
    SLOT_OF_COUNTER,
    SLOT_OF_SKETCH,
    WINDOWS_OF_GROUP,
    Group,
    Sketch,
)
from decider.core.relevance import Relevance
from decider.core.request_facts import RequestFacts
from decider.core.request_traits import RequestTraits
from decider.core.score import Scorer
from decider.core.tally import Tally
from decider.engine import Engine
from decider.knowledge import load_knowledge
from decider.policy_source import load_policy

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
NOW_MS = 1_800_000_000_000.0
PROFILES = ("", "shop", "api", "site")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(None)


@pytest.fixture(scope="module")
def plain() -> RequestTraits:
    facts = RequestFacts(
        client_key("198.51.100.1"),
        user_agent=FIREFOX,
        accept="*/*",
        accept_language="en",
        host="shop.example",
    )
    prepared = Engine(load_policy(None), load_knowledge()).prepare(facts, NOW_MS / 1000)
    assert 1000 * prepared.plain_until > NOW_MS
    return prepared.traits


def relevant_signals(policy: Policy, record: ClientRecord) -> set[str]:
    """Names, for a plain request."""
    scorer = Scorer(policy)
    return {scorer.signals[place].name for place in Relevance(policy, scorer.signals)(record)}


def any_record(random: Random) -> ClientRecord:
    """One or two groups, from a single hit to a flood; the longer the window, the more it holds."""
    buckets = [0] * BUCKETS
    for group in random.sample(list(Group), random.randint(1, 2)):
        count = 0
        for seconds in WINDOWS_OF_GROUP[group]:
            count += int(2 ** random.uniform(0, 11)) if random.random() < 0.5 else random.randint(0, 2)
            slot = SLOT_OF_COUNTER[group, seconds]
            buckets[slot : slot + 2] = count, random.choice((0, 0, count))
    for sketch in Sketch:
        slot = SLOT_OF_SKETCH[sketch]
        buckets[slot] = random.getrandbits(32) & random.choice((0, 0x8421, random.getrandbits(32)))
    return ClientRecord(
        last_ms=NOW_MS,
        interval_mean_ms=1_000.0,
        interval_deviation_ms=random.choice((0.0, 900.0)),
        interval_count=random.choice((0, 50)),
        active_hours=random.choice((0, 1, random.getrandbits(24))),
        buckets=tuple(buckets),
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_left_out_would_have_said_nothing(profile: str, plain: RequestTraits) -> None:
    policy = load_policy(None, profile=profile or None)
    scorer, random, quiet = Scorer(policy), Random(7), 0
    relevance = Relevance(policy, scorer.signals)
    for _ in range(4_000):
        record = any_record(random)
        evidence = Evidence(
            Tally(record, NOW_MS + random.choice((0, 500, 90_000))),
            policy.cost,
            plain._replace(site_is_drawn=True),
        )
        relevant = relevance(record)
        assert scorer(evidence, relevant) == scorer(evidence), record
        quiet += not relevant
    assert 200 < quiet < 2_000  # or the loop has shown nothing


def test_a_new_client_is_quiet_and_a_busy_one_is_not(policy: Policy) -> None:
    record = ClientRecord()
    assert not relevant_signals(policy, record)
    for _ in range(20):
        record = count_hits(record, (Hit(1 << Group.PAGE | 1 << Group.BARE),), NOW_MS)
    assert relevant_signals(policy, record) == {
        "burst",
        "sustained_rate",
        "regularity",
        "unguided_pages",
        "undrawn_pages",
        "origin",
    }


def test_a_client_that_probed_is_measured_by_its_probes(policy: Policy) -> None:
    record = ClientRecord(probe_at=int(NOW_MS / 1000))
    assert relevant_signals(policy, record) == {"probe_paths", "origin"}


def test_a_ramp_that_descends_is_always_measured(policy: Policy) -> None:
    burst = replace(policy.signals["burst"], ramps={"cost_per_second": Ramp(5.0, 1.0)})
    changed = replace(policy, signals={**policy.signals, "burst": burst})
    assert "burst" in relevant_signals(changed, ClientRecord())
