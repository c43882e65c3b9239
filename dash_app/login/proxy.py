"""The client behind a trusted proxy: its address and scheme, from headers that nobody else is believed in.

The last entry of X-Forwarded-For is what the proxy itself saw; what stands before it is the client's claim.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_networks(text: str, faults: list[str]) -> tuple[Network, ...]:
    """Addresses or networks, separated by commas."""
    networks: list[Network] = []
    for one in filter(None, (part.strip() for part in text.split(","))):
        try:
            networks.append(ipaddress.ip_network(one))
        except ValueError:
            faults.append(f"DASHBOARD_TRUSTED_PROXIES names {one!r}: write an address or network, 10.0.0.0/8")
    return tuple(networks)


def behind_proxy(application: WSGIApplication, trusted: tuple[Network, ...]) -> WSGIApplication:
    """``application`` with REMOTE_ADDR and wsgi.url_scheme as a trusted proxy tells them."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ.update(told_by_proxy(environ, trusted))
        return application(environ, start_response)

    return answer


def told_by_proxy(environ: WSGIEnvironment, trusted: tuple[Network, ...]) -> dict[str, Any]:
    """What changes in ``environ``; nothing when its peer is no trusted proxy. Never raises."""
    peer = _parse(environ.get("REMOTE_ADDR", ""), ipaddress.ip_address)
    if peer is None or not any(peer in network for network in trusted):
        return {"wsgi.url_scheme": "http"}  # this server speaks no TLS itself
    client = _parse(environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip(), ipaddress.ip_address)
    scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").strip().lower()
    return {
        "REMOTE_ADDR": str(client or peer),
        "wsgi.url_scheme": "https" if scheme == "https" else "http",
    }


def _parse(
    text: str, parse: Callable[[str], ipaddress.IPv4Address | ipaddress.IPv6Address]
) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return parse(text)
    except ValueError:
        return None
