"""Snapshot -> what the overview shows: texts, notices and table rows. Pure; the page only passes them on."""

from __future__ import annotations

from typing import Any

from dash_app import components
from dash_app.countries import country_name
from dash_app.identifiers import KPI_IDS
from dash_app.ranges import Range
from dash_app.rows import EventRow
from dash_app.settings import Prices
from dash_app.snapshot import RATE_SECONDS, STALE_SECONDS, Snapshot
from dash_app.sparklines import heights
from dash_app.texts import ban_state, change, clock, dollars, duration, rate, reasons, share
from decider.core.security_event import EventKind, clip

ALL_TRAFFIC = "all traffic, "
MOST_BAN_ROWS = 50  # of the table
LAG_SECONDS_WORTH_SAYING = 100  # events waiting before it is said: one batch of the recorder is a thousand


def card_values(snapshot: Snapshot) -> list[str]:
    """The five numbers, in the order of ``identifiers.KPI_IDS``."""
    return [
        rate(snapshot.requests_per_second),
        rate(snapshot.blocked_per_second),
        share(snapshot.blocked_share),
        f"{snapshot.active_bans:,}",
        dollars(snapshot.saved.usd),
    ]


def card_notes(snapshot: Snapshot, span: Range) -> list[str]:
    """The window of each number; ``all traffic`` where it is not the filter's."""
    average = f"average of the last {RATE_SECONDS} s" if span.is_live else f"average {span.phrase}"
    asks = not snapshot.wanted.is_empty
    scope = ALL_TRAFFIC if asks and not snapshot.traffic.field else ""
    saved_scope = ALL_TRAFFIC if asks and snapshot.traffic.field != "route" else ""
    return [
        scope + average,
        scope + average,
        f"{scope}{snapshot.blocked:,} of {snapshot.requests:,} {span.phrase}",
        "running now; line: new bans",
        f"{saved_scope}estimate, {span.phrase}",
    ]


def traffic_note(snapshot: Snapshot, span: Range) -> str:
    """What a point of the chart is, and of which requests."""
    if snapshot.wanted.is_empty:
        return span.bucket_note
    told = "all traffic: its totals do not tell this filter"
    if snapshot.traffic.field:
        told = "filtered; deny cache and would-block are not counted apart"
    return f"{span.bucket_note}; {told}"


def map_note(snapshot: Snapshot, span: Range) -> str:
    """What the map counts."""
    found = snapshot.tops["country"]
    note = f"bans {_ban_phrase(snapshot, span)}" if found.counts_bans else f"blocked requests {span.phrase}"
    unknown = snapshot.counts_by_country.get("ZZ", 0)
    note = f"{note}, {unknown:,} from unknown places" if unknown else note
    return f"{note}; bubbles: bans by city" if snapshot.places else note


def attacks_note(snapshot: Snapshot, span: Range) -> str:
    """The window of the attacks."""
    if span.is_live:
        return f"begun {span.phrase} or still banned; those that go on first, then newest first"
    if snapshot.look.complete_since > span.first_bucket(snapshot.now):
        return f"of the newest bans, since {clock(snapshot.look.complete_since)} UTC"
    return f"{span.phrase}; those that go on first, then newest first"


def bans_note(snapshot: Snapshot, span: Range) -> str:
    """The window of the table."""
    count = len(snapshot.bans_in_range)
    return f"newest {MOST_BAN_ROWS} {span.phrase}" if count > MOST_BAN_ROWS else span.phrase


def top_phrases(snapshot: Snapshot, span: Range) -> tuple[str, str]:
    """The window of blocked requests, and that of bans."""
    return span.phrase, _ban_phrase(snapshot, span)


def spark_values(snapshot: Snapshot) -> dict[str, list[float]]:
    """What the lines of the cards are drawn from, by the card's id: shares of their highest point."""
    return {card: heights(line) for card, line in zip(KPI_IDS, snapshot.lines, strict=True)}


def _ban_phrase(snapshot: Snapshot, span: Range) -> str:
    since = snapshot.ban_counts.complete_since
    if since > span.first_bucket(snapshot.now):
        return f"since {clock(since)} UTC: as far as one look reaches"
    return span.phrase


def card_changes(snapshot: Snapshot, span: Range) -> list[str]:
    """How much more or less it is than in the range of equal length before."""
    before, phrase = snapshot.before, span.phrase_before
    requests = change(snapshot.requests, before.requests, phrase)
    blocked = change(snapshot.blocked, before.blocked, phrase)
    saved = f"{dollars(before.saved_usd)} {phrase}"
    return [requests, blocked, f"{share(before.blocked_share)} {phrase}", "", saved]


def savings_inputs(snapshot: Snapshot, prices: Prices) -> str:
    """The formula with its measured inputs."""
    saved = snapshot.saved
    cpu_hour_usd = 3_600 * prices.cpu_second_usd
    return (
        f"{saved.blocked:,} blocked × (mean upstream time {1000 * saved.mean_upstream_seconds:.1f} ms × "
        f"$ {cpu_hour_usd:.3g} per CPU hour + mean answer {saved.mean_bytes / 1000:.1f} kB × "
        f"$ {prices.gigabyte_usd:.3g} per GB), means of allowed requests, summed by route"
    )


def badge(age: float | None) -> tuple[str, str]:
    """Text and colour of the badge in the header; ``age`` in seconds of the newest recorder status."""
    if age is None:
        return "NO RECORDER", "gray"
    return ("LIVE", "green") if age <= STALE_SECONDS else (f"STALE {duration(age)}", "orange")


def notices(snapshot: Snapshot, span: Range) -> list[Any]:
    """What an operator must know before reading any number."""
    told = []
    if snapshot.fail_open:
        told.append(
            components.build_notice(
                "Fail-open",
                f"{snapshot.fail_open:,} requests {span.phrase} were let through without a "
                "decision, because the decider did not answer.",
                "red",
            )
        )
    degraded = sum(one.degraded_workers for one in snapshot.recorders)
    if degraded or any(not one.redis_reachable for one in snapshot.recorders):
        text = "Redis is away or slow: every worker decides from its own counters until it is back."
        told.append(components.build_notice("Degraded", text, "orange"))
    elif any(one.event.kind is EventKind.DEGRADED_STARTED for one in snapshot.episodes):
        text = f"Redis was away for a while {span.phrase}; it is back."
        told.append(components.build_notice("Was degraded", text, "yellow"))
    lag = sum(one.lag_events for one in snapshot.recorders)
    if lag > LAG_SECONDS_WORTH_SAYING:
        told.append(
            components.build_notice("Recorder behind", f"{lag:,} events wait to be stored.", "yellow")
        )
    if snapshot.recorders and not snapshot.is_live:
        text = "No recorder has reported lately: numbers stand still. Is it running, and is MongoDB writable?"
        told.append(components.build_notice("Stale", text, "orange"))
    return told


def ban_rows(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Rows of the table, newest first; every value is text or a number."""
    return [_ban_row(row, snapshot.now) for row in snapshot.bans_in_range[:MOST_BAN_ROWS]]


def _ban_row(row: EventRow, now: float) -> dict[str, Any]:
    event = row.event
    asn = clip(f"AS{event.asn} {event.network}".strip()) if event.asn else "unknown"
    place = (
        clip(f"{event.city}, {country_name(event.country)}") if event.city else country_name(event.country)
    )
    return {
        "id": row.event_id,
        "time": clock(event.ts),
        "address": clip(event.address or event.client),
        "country": place,
        "network": asn,
        "score": f"{event.score:.2f}" if event.score else "",
        "reasons": clip(reasons(event)),
        "route": clip(event.route),
        "path": clip(event.path),
        "length": duration(event.ban_seconds) if event.ban_seconds else "",
        "state": ban_state(event, now),
        "user_agent": clip(event.user_agent),
    }
