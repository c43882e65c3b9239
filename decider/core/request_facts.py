"""What is known of a request before anything is looked up: Nginx's headers, cut to size."""

from __future__ import annotations

from typing import NamedTuple

from decider.core.client_key import ClientKey


class RequestFacts(NamedTuple):
    """One request as Nginx described it. Everything but ``client`` is the sender's own claim.

    A tuple, because one is made for each request: 0.7 us instead of the 4 us of a frozen dataclass.
    """

    client: ClientKey
    request_id: str = ""
    method: str = "GET"
    target: str = "/"
    host: str = ""
    user_agent: str = ""
    referer: str = ""
    accept: str = ""
    accept_language: str = ""
    accept_encoding: str = ""
    fetch_destination: str = ""
    fetch_mode: str = ""
    session: str = ""
    api_key: str = ""
    tls_fingerprint: str = ""
    has_headers: bool = True  # False where only a log line is known: then a missing header means nothing
