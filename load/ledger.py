"""What happened to each client: requests, blocks, when the first came, orders. Filled by the users."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

BLOCKED_STATUSES = (403, 429)


@dataclass
class ClientAccount:
    """One client as the gateway sees it: a kind of user behind one address."""

    kind: str
    address: str
    requests: int = 0
    allowed: int = 0
    blocked: int = 0
    failed: int = 0
    first_request: float | None = None
    last_request: float | None = None
    first_block_after_requests: int | None = None
    first_block_after_seconds: float | None = None
    orders_tried: int = 0
    orders_completed: int = 0
    finished: bool = False  # has done all it came for

    def note(self, status: int, sent: float) -> None:
        """One answered request; ``sent`` is when it left, ``status`` 0 where no answer came."""
        self.requests += 1
        if self.first_request is None:
            self.first_request = sent
        self.last_request = sent
        if status in BLOCKED_STATUSES:
            self.blocked += 1
            if self.first_block_after_requests is None:
                self.first_block_after_requests = self.requests
                self.first_block_after_seconds = sent - self.first_request
        elif status == 0 or status >= 500:
            self.failed += 1
        else:
            self.allowed += 1


@dataclass
class Ledger:
    """All accounts of a run."""

    accounts: dict[tuple[str, str], ClientAccount] = field(default_factory=dict)

    def account(self, kind: str, address: str) -> ClientAccount:
        """The account of a client, opened when first asked for."""
        return self.accounts.setdefault((kind, address), ClientAccount(kind, address))

    def of_kind(self, kind: str) -> list[ClientAccount]:
        """All accounts of one kind."""
        return [one for one in self.accounts.values() if one.kind == kind]

    def totals(self) -> dict[str, Any]:
        """Requests, allowed and blocked over all clients."""
        values = self.accounts.values()
        return {
            name: sum(getattr(one, name) for one in values) for name in ("requests", "allowed", "blocked")
        }
