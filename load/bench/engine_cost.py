"""What the engine itself costs: a decision without Redis and network, and the replay of a log.

The log is made here: people who load pages with their parts, scripts without, and a few probes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from decider.compiled.finder import is_compiled
from decider.core.client_key import client_key
from decider.core.client_record import ClientRecord, count_hits
from decider.core.hit import NO_MARK
from decider.core.request_facts import RequestFacts
from decider.core.tally import Tally
from decider.core.verdict import NOBODY
from decider.engine import Engine
from decider.knowledge import load_knowledge
from decider.policy_source import load_policy
from load.bench.servers import PROJECT

CLIENTS = 2_000
DECISIONS = 20_000
QUIET_HITS, BUSY_HITS = 2, 14  # pages of a visit: far below the start of every ramp, and above some
LOG_VISITS = 15_000  # of eight lines each: a log worth replaying, whose start-up does not show
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NOW_MS = 1_800_000_000_000.0
REPLAY_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class EngineCost:
    """CPU microseconds a decision: of clients that every signal looks at (``decision_us``), and of those that
    have hardly done anything (``quiet_us``). ``replay_lines_per_second`` read, decided, summed up.
    ``is_compiled``: after `make compile`."""

    decision_us: float
    quiet_us: float
    replay_lines_per_second: float
    is_compiled: bool = False


def measure_engine() -> EngineCost:
    """Measure all, each in one process on one core. Raises RuntimeError when replay fails."""
    busy_us, quiet_us = _decision_us(BUSY_HITS), _decision_us(QUIET_HITS)
    return EngineCost(busy_us, quiet_us, _replay_lines_per_second(), is_compiled())


def _decision_us(hits_a_client: int) -> float:
    engine = Engine(load_policy(None), load_knowledge())
    facts = [_facts(number) for number in range(DECISIONS)]
    prepared = [engine.prepare(one, NOW_MS / 1000) for one in facts[:CLIENTS]]
    hits = [one.asks[0].hit._replace(request_mark=NO_MARK) for one in prepared]
    before = [count_hits(ClientRecord(), [hit] * (hits_a_client - 1), NOW_MS - 25_000) for hit in hits]
    records = [count_hits(record, [hit], NOW_MS) for record, hit in zip(before, hits, strict=True)]
    tallies = [(Tally(record, NOW_MS),) for record in records]
    started = process_time()
    for number, one in enumerate(facts):
        engine.judge(engine.prepare(one, NOW_MS / 1000), tallies[number % CLIENTS], NOBODY)
    return 1e6 * (process_time() - started) / DECISIONS


def _facts(number: int) -> RequestFacts:
    return RequestFacts(
        client_key(f"10.{number % CLIENTS % 200}.{number % CLIENTS // 200}.7"),
        request_id=f"{number:032x}",
        target=f"/product/{number % 50}",
        host="shop.example",
        user_agent=AGENT,
        accept="text/html",
        accept_language="en",
        accept_encoding="gzip",
    )


def _replay_lines_per_second() -> float:
    with TemporaryDirectory(prefix="bench-") as folder:
        log = Path(folder) / "access.log"
        log.write_text("".join(_log()), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "decider", "replay", "--json", str(log)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=REPLAY_SECONDS,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    result = json.loads(done.stdout)
    return float(result["lines"] / (result["seconds_reading"] + result["seconds_deciding"]))


def _log() -> Iterator[str]:
    for visit in range(LOG_VISITS):
        address = f"10.{visit % 200}.{visit // 200}.7"
        when = f"{1 + visit // 1440:02}/Oct/2026:{visit // 60 % 24:02}:{visit % 60:02}:00 +0000"
        page = f"/product/{visit % 50}"
        yield f'{address} - - [{when}] "GET {page} HTTP/1.1" 200 5120 "-" "{AGENT}"\n'
        led_by = f'"https://shop.example{page}" "{AGENT}"'
        for asset in range(5):
            yield f'{address} - - [{when}] "GET /static/{asset}.png HTTP/1.1" 200 900 {led_by}\n'
        yield f'{address} - - [{when}] "GET /search?q={visit} HTTP/1.1" 200 100 "-" "curl/8.5.0"\n'
        yield f'10.9.{visit % 250}.1 - - [{when}] "GET /.env HTTP/1.1" 404 100 "-" "Mozilla/5.0"\n'
