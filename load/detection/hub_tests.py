"""CrowdSec's own scenario tests as a yardstick: is a client blocked no later than CrowdSec would alert?

A test is a folder with config.yaml (log file and type), the log, and scenario.assert (who is alerted on, and
by which events). Only access logs of Nginx and Apache count. A scenario that hangs on the answer to its last
event is reached before the response only by chance, and is counted like the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from load.detection.replaying import replay

LOG_TYPES = ("nginx", "apache2")
NO_WEB_LOGS = ("mail",)  # Nginx's mail proxy writes no HTTP requests
_EVENT_TIME = re.compile(
    r'results\[(\d+)\]\.Overflow\.Alert\.Events\[\d+\]\.GetMeta\("timestamp"\) == "([^"]+)"'
)
_SOURCE = re.compile(r'results\[(\d+)\]\.Overflow\.Sources\["([^"]+)"\]\.IP')
_COUNT = re.compile(r"results\[(\d+)\]\.Overflow\.Alert\.GetEventsCount\(\) == (\d+)")
_SCENARIO = re.compile(r'results\[(\d+)\]\.Overflow\.Alert\.GetScenario\(\) == "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Alert:
    """CrowdSec's first alert on an address: the ``moment`` of its last event (epoch seconds; 0 where the test
    does not say) and how many events it took."""

    moment: float
    events: int


@dataclass(frozen=True, slots=True)
class HubTest:
    """``alerts`` by address; empty for whitelist tests."""

    name: str
    log: Path
    alerts: dict[str, Alert]
    scenarios: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HubResult:
    """``blocked`` anyone, ``in_time`` every address that CrowdSec alerts on."""

    test: HubTest
    blocked: bool
    in_time: bool


def hub_tests(folder: Path) -> list[HubTest]:
    """The tests of a folder that can be replayed."""
    return list(_tests(folder))


def run_hub_test(test: HubTest) -> HubResult:
    """Replay one test by itself."""
    first: dict[str, tuple[float, int]] = {}
    requests: Counter[str] = Counter()
    for one in replay([test.log]):
        requests[one.address] += 1
        if one.blocked:
            first.setdefault(one.address, (one.time, requests[one.address]))
    in_time = all(_is_in_time(first.get(address), alert) for address, alert in test.alerts.items())
    return HubResult(test, bool(first), bool(test.alerts) and in_time)


def _is_in_time(first_block: tuple[float, int] | None, alert: Alert) -> bool:
    if first_block is None:
        return False
    moment, request = first_block
    return moment <= alert.moment if alert.moment else request <= alert.events


def _tests(folder: Path) -> Iterator[HubTest]:
    for config in sorted(folder.glob("*/config.yaml")):
        text = config.read_text(encoding="utf-8")
        log = config.parent / _value(text, "log_file")
        name = config.parent.name
        if (
            _value(text, "log_type") in LOG_TYPES
            and log.is_file()
            and not any(w in name for w in NO_WEB_LOGS)
        ):
            expected = config.parent / "scenario.assert"
            asserted = expected.read_text(encoding="utf-8") if expected.is_file() else ""
            yield HubTest(
                name, log, _alerts(asserted), tuple(name for _, name in _SCENARIO.findall(asserted))
            )


def _alerts(text: str) -> dict[str, Alert]:
    last_event: dict[str, float] = {}
    for number, when in _EVENT_TIME.findall(text):
        moment = datetime.fromisoformat(when.replace("Z", "+00:00")).timestamp()
        last_event[number] = max(last_event.get(number, 0.0), moment)
    counts = {number: int(count) for number, count in _COUNT.findall(text)}
    alerts: dict[str, Alert] = {}
    for number, address in _SOURCE.findall(text):
        alert = Alert(last_event.get(number, 0.0), counts.get(number, 1))
        known = alerts.get(address)
        if known is None or (alert.moment, alert.events) < (known.moment, known.events):
            alerts[address] = alert
    return alerts


def _value(text: str, key: str) -> str:
    found = re.search(rf"^{key}:\s*(\S+)", text, re.MULTILINE)
    return found[1].strip("\"'") if found else ""
