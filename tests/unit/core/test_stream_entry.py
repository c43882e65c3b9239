"""Whatever is in the stream: an event that MongoDB takes, or a ValueError."""

import json

import bson
import pytest

from decider.core.security_event import EventKind, Reason, SecurityEvent
from decider.core.stream_entry import ENTRY_LIMIT_BYTES, event_of_entry

EVENT = SecurityEvent(
    kind=EventKind.BAN_STARTED,
    ts=1_763_888_711.25,
    client="203.0.113.7",
    score=0.97,
    reasons=(Reason("burst", 0.62), Reason("regularity", 0.41)),
    latitude=52.5,
    until=1_763_888_771.0,
    ban_count=1,
    path="/checkout\x00\ufffd<script>",
)


def entry(**changes: object) -> dict[bytes, bytes]:
    return {b"event": json.dumps({"kind": "ban_started", "ts": 1_763_888_711.25, **changes}).encode()}


def test_an_event_survives_the_stream_and_fits_mongodb() -> None:
    event = event_of_entry({b"event": EVENT.to_json().encode()})
    assert event == EVENT
    assert bson.decode(bson.encode(event.to_document("1-0")))["path"] == EVENT.path


def test_fields_of_a_newer_version_are_ignored() -> None:
    assert event_of_entry(entry(mood="good")).kind is EventKind.BAN_STARTED


@pytest.mark.parametrize(
    ("poison", "fault"),
    [
        ({}, "no field"),
        ({b"other": b"{}"}, "no field"),
        ({b"event": b""}, ""),
        ({b"event": b"not json"}, ""),
        ({b"event": b"\xff\xfe\x00"}, ""),
        ({b"event": b"[]"}, "no security event"),
        ({b"event": b"7"}, "no security event"),
        ({b"event": b"{}"}, "kind"),
        ({b"event": b'{"kind":"ban_started"}'}, "ts"),
        ({b"event": b'{"a":' * 10_000}, "nested"),
        ({b"event": b'{"a":' + b"[" * 60_000}, "nested"),
        ({b"event": b"x" * (ENTRY_LIMIT_BYTES + 1)}, "more than"),
        (entry(kind="party"), "party"),
        (entry(kind=["ban_started"]), ""),
        (entry(ts="now"), "ts"),
        (entry(ts=None), ""),
        (entry(ts=True), "ts"),
        (entry(ts=-1), "ts"),
        (entry(ts=1e300), "ts"),
        (entry(ts=float("nan")), "malformed"),
        (entry(until=float("inf")), "malformed"),
        (entry(until=2**80), "until"),
        (entry(count=2**63), "count"),
        (entry(count=1.5), "count"),
        (entry(asn="3320"), "asn"),
        (entry(path=7), "path"),
        (entry(path={"$gt": ""}), "path"),
        (entry(path="\ud800"), "no security event"),
        (entry(latitude="north"), "latitude"),
        (entry(reasons="burst"), ""),
        (entry(reasons=[{"signal": "burst"}]), ""),
        (entry(reasons=[{"signal": "burst", "contribution": "much"}]), "reasons"),
        (entry(reasons=[{"signal": "burst", "contribution": float("nan")}]), "malformed"),
        (entry(reasons=[{"signal": "\udfff", "contribution": 1}]), "surrogate"),
        (entry(reasons=7), ""),
    ],
)
def test_poison_raises_value_error(poison: dict[bytes, bytes], fault: str) -> None:
    with pytest.raises(ValueError, match=fault or None):
        event_of_entry(poison)
