"""Who changes side between two policies: blocked by the candidate but not the running one, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from decider.replay.replayer import Decision
from decider.replay.summary import CLIENTS_SHOWN, ClientSummary, Summary


class Comparison:
    """First ``watch_running``, then ``watch_candidate``, each with all decisions on the same requests."""

    def __init__(self, running: str, candidate: str) -> None:
        self._names = {"running": running, "candidate": candidate}
        self._blocked_before = bytearray()  # one byte a request: a log of a million lines takes a megabyte
        self._clients_before: dict[str, ClientSummary] = {}  # those blocked
        self._candidate = Summary()
        self.requests_now_blocked = 0
        self.requests_no_longer_blocked = 0

    def watch_running(self, decisions: Iterable[Decision]) -> None:
        """Note what the running policy does."""
        summary = Summary()
        for decision in summary.watch(decisions):
            self._blocked_before.append(decision.is_blocked)
        self._clients_before = dict(summary.blocked_clients())

    def watch_candidate(self, decisions: Iterable[Decision], summary: Summary) -> Iterator[Decision]:
        """Note what the candidate does differently as it passes; ``summary`` is the candidate's own."""
        self._candidate = summary
        for was_blocked, decision in zip(self._blocked_before, decisions, strict=True):
            self.requests_now_blocked += decision.is_blocked and not was_blocked
            self.requests_no_longer_blocked += was_blocked and not decision.is_blocked
            yield decision

    def to_mapping(self) -> dict[str, Any]:
        """For --json."""
        now, before = dict(self._candidate.blocked_clients()), self._clients_before
        return self._names | {
            "requests_blocked_before": sum(self._blocked_before),
            "requests_now_blocked": self.requests_now_blocked,
            "requests_no_longer_blocked": self.requests_no_longer_blocked,
            "clients_now_blocked": _only(now, before),
            "clients_no_longer_blocked": _only(before, now),
        }

    def lines(self) -> list[str]:
        """For people."""
        known = self.to_mapping()
        lines = [
            "",
            f"candidate: {known['candidate']}",
            f"running:   {known['running']}, blocks {known['requests_blocked_before']} requests",
        ]
        for key, words in (("now_blocked", "now blocked"), ("no_longer_blocked", "no longer blocked")):
            clients = known[f"clients_{key}"]
            lines.append(f"{words}: {known[f'requests_{key}']} requests, {len(clients)} clients")
            lines += [_line(one) for one in clients[:CLIENTS_SHOWN]]
            if len(clients) > CLIENTS_SHOWN:
                lines.append(f"  ... and {len(clients) - CLIENTS_SHOWN} more clients (--json lists all)")
        return lines


def _only(one: Mapping[str, ClientSummary], other: Mapping[str, ClientSummary]) -> list[dict[str, Any]]:
    """Clients that one blocks and the other never does, most blocked requests first."""
    return [
        {
            "client": name,
            "blocked": client.blocked,
            "requests": client.requests,
            "signals": client.ban_signals(),
            "had_good_outcome": client.had_good_outcome,
        }
        for name, client in one.items()
        if name not in other
    ]


def _line(one: dict[str, Any]) -> str:
    harm = "  LIKELY HARM: had a good outcome" if one["had_good_outcome"] else ""
    return f"  {one['client']:40}{one['blocked']:>9}{one['requests']:>9}  {', '.join(one['signals'])}{harm}"
