"""The kinds of requests of one policy: each worked out once, as long as it holds for everybody and for good.

Reading a kind takes 4 us, remembering it 0.4. Kinds that rest on what the site is known to serve, or on the
address of who claims to be a crawler, are read for each request.
"""

from __future__ import annotations

from functools import lru_cache

from decider.core.client_key import ClientKey
from decider.core.policy import Policy
from decider.core.request_facts import RequestFacts
from decider.core.request_kind import RequestKind, request_kind
from decider.core.route import build_classifier
from decider.core.signals.identity import BROWSER_AGE, IDENTITY
from decider.knowledge import Knowledge

CACHED_KINDS = 4_096  # some 7 MB; as many different pages and browsers as a busy site sees in seconds
_FIELDS = RequestFacts._fields
SAME = slice(_FIELDS.index("method"), _FIELDS.index("session"))  # between request id and session
NO_CLIENT = ClientKey("", "", "")


class RequestKinds:
    """Asked for each request."""

    def __init__(self, policy: Policy, knowledge: Knowledge) -> None:
        self._traits = knowledge.traits
        self._classify = build_classifier(policy)
        self._young_years = policy.signals[IDENTITY.name].ramps[BROWSER_AGE].silent_up_to
        self._kept = lru_cache(maxsize=CACHED_KINDS)(self._lasting)

    def of(self, facts: RequestFacts) -> RequestKind:
        """The kind of a request."""
        site = self._traits.site
        kind = self._kept(facts[SAME], facts.has_headers, site.strips_referers, site.is_drawn)
        return kind or self._read(facts)

    def _lasting(self, same: tuple[str, ...], has_headers: bool, *_site: bool) -> RequestKind | None:
        """The kind of all requests that are the same in this; None where it depends on more than that.

        ``_site`` is what is known of the site as a whole; when it changes, all kinds are read anew.
        """
        facts = RequestFacts._make((NO_CLIENT, "", *same, "", "", "", has_headers))
        if self._traits.needs_address(facts):
            return None
        kind = self._read(facts)
        return None if kind.traits.rest_on_site else kind

    def _read(self, facts: RequestFacts) -> RequestKind:
        classified = self._classify(facts.method, facts.target, facts.fetch_destination)
        return request_kind(facts, classified, self._traits.read(facts, classified), self._young_years)
