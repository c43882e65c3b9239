"""Attacks -> the table of those in progress. Pure; every text of a client stays a plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from dash_app.attacks import Attack, AttackState
from dash_app.countries import country_name
from dash_app.event_rows import client_path
from dash_app.texts import clock, rate
from decider.core.security_event import clip

MOST_ROWS = 8  # a laptop's screen has the cards, the charts and these
HEADINGS = ("State", "Who", "What", "Since (UTC)", "Blocked / s")
LONGEST_SENTENCE_CHARACTERS = 160
UNIT: Any = {"data-unit": " blocked / s"}  # for narrow screens, which show no headings
DOTS = {
    AttackState.BANNED: "dot dot-banned",
    AttackState.WOULD_BLOCK: "dot dot-would",
    AttackState.ENDED: "dot",
    AttackState.LIFTED: "dot",
}


@dataclass(frozen=True, slots=True)
class AttackRow:
    """Texts of one line; ``path`` leads to the client's page, relative to the dashboard's."""

    state: str
    dot: str
    who: str
    where: str
    path: str
    what: str
    why: str
    since: str
    rate: str


def attack_rows(found: Sequence[Attack], now: float) -> list[AttackRow]:
    """The first of them."""
    return [_row(one, now) for one in found[:MOST_ROWS]]


def _row(attack: Attack, now: float) -> AttackRow:
    event = attack.newest
    network = f"AS{event.asn} {event.network}".strip() if event.asn else "unknown network"
    place = country_name(event.country)
    if attack.clients > 1:
        who, where = f"{attack.clients:,} clients of {network}", f"{place} · last {event.client}"
    else:
        who, where = event.client or event.address, f"{place} · {network}"
        if event.scope in ("session", "key"):
            who = f"{who} (one {event.scope})"
    signal = attack.signal.replace("_", " ") or event.actor or "unknown"
    per_second = attack.blocked_per_second
    return AttackRow(
        state=state_text(attack, now),
        dot=DOTS[attack.state],
        who=clip(who, 120),
        where=clip(where, 120),
        path=client_path(event.client or event.address),
        what=clip(f"{signal} on {attack.route}" if attack.route else signal, 120),
        why=clip(event.sentence, LONGEST_SENTENCE_CHARACTERS),
        since=moment_text(attack.since, now),
        rate="–" if per_second is None else rate(per_second),
    )


def state_text(attack: Attack, now: float) -> str:
    """``banned until 09:41:07``; ``9 of 12 banned until 09:41:07``; ``would block``; ``ended``."""
    if not attack.state.is_running:
        return attack.state.value
    some = f"{attack.running:,} of {attack.clients:,} " if attack.running < attack.clients else ""
    return f"{some}{attack.state.value} until {moment_text(attack.until, now)}"


def moment_text(moment: float, now: float) -> str:
    """The time in UTC, with its day where that is not today."""
    text = clock(moment)
    return text[11:] if text[:10] == clock(now)[:10] else text[5:16]


def build_attacks(rows: Sequence[AttackRow], more: int, base: str, query: str) -> list[html.Table | html.P]:
    """``base`` is the path of the dashboard, ``query`` the range and filters that links keep."""
    if not rows:
        return [html.P("No attack in this range.", className="hint")]
    table = html.Table(
        [
            html.Thead(html.Tr([html.Th(one, scope="col") for one in HEADINGS])),
            html.Tbody([_build_row(row, base, query) for row in rows]),
        ],
        className="attacks",
    )
    if not more:
        return [table]
    link = dcc.Link(
        f"{more:,} more among the offenders", href=f"{base}offenders{query}", className="client-link"
    )
    return [table, html.P(link, className="hint")]


def _build_row(row: AttackRow, base: str, query: str) -> html.Tr:
    who = dcc.Link(row.who, href=f"{base}{row.path}{query}", className="client-link") if row.path else row.who
    return html.Tr(
        [
            html.Td([html.Span(className=row.dot), row.state], className="attack-state"),
            html.Td([who, html.Small(row.where)]),
            html.Td([row.what, html.Small(row.why)]),
            html.Td(row.since, className="attack-since"),
            html.Td(row.rate, className="number", **UNIT),
        ]
    )
