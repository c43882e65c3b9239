"""A month of a busy shop for the benchmark: events, traffic seconds, minutes and hours."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

DAY_SECONDS, HOUR_SECONDS = 86_400, 3_600
EVENT_DAYS = 30
#: Collection, seconds of one document, and how many days of them the recorder keeps (hours: as events).
TRAFFIC = (("traffic", 1, 2), ("traffic_minute", 60, 8), ("traffic_hour", HOUR_SECONDS, EVENT_DAYS))
INDEXES = {
    "events": (("ts",), ("kind", "ts"), ("kind", "until"), ("client", "ts"), ("request_id",)),
    **{collection: (("ts",),) for collection, _, _ in TRAFFIC},
}
BATCH = 10_000  # documents an insert, 8 MB: takes a third less of the time than 2,000
COUNTRIES = ("SG", "DE", "US", "BR", "IN", "CN", "FR", "GB", "NL", "ZZ")
ROUTES = ("checkout", "login", "page", "search", "api")
SIGNALS = ("burst", "regularity", "sensitive_pressure", "unknown_script")
KINDS = ("ban_started",) * 6 + ("ban_extended",) * 2 + ("would_block",)
BAN_SECONDS = 600

Documents = Database[dict[str, Any]]


def seed(uri: str, events: int, now: int, progress: Callable[[str], None]) -> None:
    """Write everything up to ``now`` (epoch seconds)."""
    chance = random.Random(7)
    with MongoClient[dict[str, Any]](uri) as client:
        database: Documents = client.get_default_database()
        for collection, indexes in INDEXES.items():
            for fields in indexes:
                database[collection].create_index([(name, 1) for name in fields])
        for collection, length, days in TRAFFIC:
            progress(f"{days} days of {collection}")
            first = (now - days * DAY_SECONDS) // length
            written = (traffic(number * length, length, chance) for number in range(first, now // length))
            _insert(database, collection, written, lambda _: None)
        _insert(
            database,
            "events",
            (
                event(number, now - EVENT_DAYS * DAY_SECONDS * (1 - number / events), chance)
                for number in range(events)
            ),
            lambda done: progress(f"{done:,} of {events:,} events"),
        )


def traffic(start: int, length: int, chance: random.Random) -> dict[str, Any]:
    """One document of so many seconds, with every country and route in it."""
    parts = [(chance.randrange(20) * length, chance.randrange(8) * length) for _ in COUNTRIES]
    allowed, blocked = (sum(one[place] for one in parts) for place in (0, 1))
    share, blocked_share = allowed // len(ROUTES), blocked // len(ROUTES)
    return {
        "_id": f"bench:{start // length}",
        "ts": datetime.fromtimestamp(start, UTC),
        "node": "bench",
        "requests": allowed + blocked,
        "allowed": allowed,
        "blocked": blocked,
        "cached_denies": blocked // 2,
        "would_block": 0,
        "fail_open": 0,
        "malformed_lines": 0,
        "likely_harm": 0,
        "upstream_seconds": allowed * 0.02,
        "upstream_bytes": allowed * 10_000,
        "by_country": [
            {"country": country, "allowed": one[0], "blocked": one[1]}
            for country, one in zip(COUNTRIES, parts, strict=True)
        ],
        "by_route": [
            {
                "route": route,
                "allowed": share,
                "blocked": blocked_share,
                "upstream_seconds": share * 0.02,
                "bytes": share * 10_000,
            }
            for route in ROUTES
        ],
        "by_signal": [{"signal": signal, "blocked": blocked // len(SIGNALS)} for signal in SIGNALS],
    }


def event(number: int, moment: float, chance: random.Random) -> dict[str, Any]:
    """A ban or a would-block; clients come back, as bots do."""
    client = f"198.{chance.randrange(18, 20)}.{chance.randrange(200)}.{chance.randrange(250)}"
    return {
        "_id": f"{int(moment * 1000)}-{number}",
        "kind": chance.choice(KINDS),
        "ts": datetime.fromtimestamp(moment, UTC),
        "client": client,
        "address": client,
        "country": chance.choice(COUNTRIES),
        "asn": chance.randrange(64_500, 64_600),
        "network": "Example network",
        "score": 0.97,
        "reasons": [{"signal": signal, "contribution": 0.4} for signal in chance.sample(SIGNALS, 2)],
        "sentence": "asked for the checkout far faster than a person can",
        "method": "POST",
        "host": "shop.example",
        "path": f"/cart/{chance.randrange(10_000)}",
        "route": chance.choice(ROUTES),
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0",
        "request_id": f"{chance.getrandbits(128):032x}",
        "actor": "decider",
        "ban_seconds": BAN_SECONDS,
        "ban_count": 1,
        "until": datetime.fromtimestamp(moment + BAN_SECONDS, UTC),
    }


def _insert(
    database: Documents,
    collection: str,
    documents: Iterator[dict[str, Any]],
    progress: Callable[[int], None],
) -> None:
    done = 0
    while batch := list(islice(documents, BATCH)):
        database[collection].insert_many(batch, ordered=False)
        done += len(batch)
        if done % (5 * BATCH) == 0:
            progress(done)
