"""Who would have been blocked, when and why, and what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from decider.replay.replayer import Decision

CLIENTS_SHOWN = 20


@dataclass(slots=True)
class ClientSummary:
    """One client's replay. ``first_block`` epoch seconds, 0 = never; ``let_through`` requests before it."""

    requests: int = 0
    blocked: int = 0
    bans: int = 0
    let_through: int = 0
    first_block: float = 0.0
    highest_score: float = 0.0
    had_good_outcome: bool = False
    signals: Counter[str] | None = None  # of the bans; most clients have none, and there are many clients

    def ban_signals(self) -> dict[str, int]:
        """Main signal of each ban, the most frequent first."""
        return dict((self.signals or Counter()).most_common())


class Summary:
    """Fed by passing decisions through ``watch``."""

    def __init__(self) -> None:
        self.clients: dict[str, ClientSummary] = {}
        self.requests = 0
        self.first = self.last = 0.0

    def watch(self, decisions: Iterable[Decision]) -> Iterator[Decision]:
        """Note every decision that passes."""
        for decision in decisions:
            self._note(decision)
            yield decision

    def _note(self, decision: Decision) -> None:
        time = decision.request.time
        self.first, self.last = self.first or time, time
        self.requests += 1
        client = self.clients.setdefault(decision.request.address, ClientSummary())
        client.requests += 1
        client.bans += decision.is_new_ban
        client.had_good_outcome |= decision.had_good_outcome
        if not decision.is_blocked:
            client.highest_score = max(client.highest_score, decision.score)
            return
        client.blocked += 1
        if not client.first_block:
            client.first_block, client.let_through = time, client.requests - 1
        if decision.is_new_ban:
            client.highest_score = max(client.highest_score, decision.score)
            client.signals = client.signals or Counter()
            client.signals.update(one.signal for one in decision.reasons[:1])

    def blocked_clients(self) -> list[tuple[str, ClientSummary]]:
        """Clients that were blocked, most blocked requests first."""
        blocked = [(name, client) for name, client in self.clients.items() if client.blocked]
        return sorted(blocked, key=lambda item: -item[1].blocked)

    def to_mapping(self) -> dict[str, Any]:
        """For --json."""
        blocked = self.blocked_clients()
        return {
            "requests": self.requests,
            "clients": len(self.clients),
            "first": self.first,
            "last": self.last,
            "requests_blocked": sum(client.blocked for _, client in blocked),
            "clients_blocked": len(blocked),
            "likely_harm": sorted(name for name, client in blocked if client.had_good_outcome),
            "by_signal": dict(_all_signals(client for _, client in blocked).most_common()),
            "highest_allowed_score": max(
                (client.highest_score for client in self.clients.values() if not client.blocked), default=0.0
            ),
            "blocked": [
                {
                    "client": name,
                    "blocked": client.blocked,
                    "requests": client.requests,
                    "let_through": client.let_through,
                    "first_block": client.first_block,
                    "bans": client.bans,
                    "signals": client.ban_signals(),
                    "had_good_outcome": client.had_good_outcome,
                }
                for name, client in blocked
            ],
        }

    def lines(self) -> list[str]:
        """For people."""
        known = self.to_mapping()
        if not self.requests:
            return ["No request could be read."]
        share = known["requests_blocked"] / known["requests"]
        lines = [
            f"{known['requests']} requests of {known['clients']} clients, "
            f"{_when(self.first)} to {_when(self.last)}",
            f"blocked: {known['requests_blocked']} requests ({share:.1%}) "
            f"of {known['clients_blocked']} clients",
            f"highest score of a client never blocked: {known['highest_allowed_score']:.2f}",
            f"likely harm (blocked with a good outcome in the last 24 h): "
            f"{len(known['likely_harm'])} clients " + ", ".join(known["likely_harm"][:CLIENTS_SHOWN]),
        ]
        if known["by_signal"]:
            lines.append(
                "bans by main signal: "
                + ", ".join(f"{name} {count}" for name, count in known["by_signal"].items())
            )
            lines += ["", f"{'client':40}{'blocked':>9}{'of':>9}{'bans':>6}  first block (UTC)     why"]
        for one in known["blocked"][:CLIENTS_SHOWN]:
            why = ", ".join(one["signals"])
            lines.append(
                f"{one['client']:40}{one['blocked']:>9}{one['requests']:>9}{one['bans']:>6}"
                f"  {_when(one['first_block'])}   {why}"
            )
        if len(known["blocked"]) > CLIENTS_SHOWN:
            lines.append(f"... and {len(known['blocked']) - CLIENTS_SHOWN} more clients (--json lists all)")
        return lines


def _all_signals(clients: Iterable[ClientSummary]) -> Counter[str]:
    found: Counter[str] = Counter()
    for client in clients:
        found.update(client.signals or ())
    return found


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
