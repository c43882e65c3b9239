"""The site's own hosts, where the log does not name them: those whose pages load the site's assets.

A combined log has no host. What a client claims in one Referer proves nothing, but a host that many clients
name when they successfully load styles and images is the site itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from decider.core.request_traits import host_of
from decider.core.route import ASSET_EXTENSIONS
from decider.replay.logged_request import LoggedRequest

LEAST_SHARE = 0.1  # of the clients of the most named host: its other names, not a page that embeds one image


def own_hosts(requests: Iterable[LoggedRequest]) -> tuple[str, ...]:
    """Hosts, most named first."""
    clients_of: dict[str, set[str]] = {}
    for request in requests:
        if request.referer and 200 <= request.status < 400 and _is_asset(request.target):
            host = host_of(request.referer)
            if host:
                clients_of.setdefault(host, set()).add(request.address)
    if not clients_of:
        return ()
    most = max(len(clients) for clients in clients_of.values())
    named = sorted(clients_of.items(), key=lambda item: -len(item[1]))
    return tuple(host for host, clients in named if len(clients) >= LEAST_SHARE * most)


def _is_asset(target: str) -> bool:
    return target.partition("?")[0].rpartition(".")[2].lower() in ASSET_EXTENSIONS
