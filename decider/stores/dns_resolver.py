"""Asks DNS servers by dnspython: PTR names of an address, addresses of a name."""

from __future__ import annotations

from ipaddress import ip_address

import dns.asyncresolver
import dns.exception
import dns.resolver
import dns.reversename

from decider.core.client_key import Address
from decider.core.errors import StoreUnavailable

QUESTION_SECONDS = 2.0  # one question with its repeats; a resolver near by answers within 0.1
DNS_PORT = 53

FAULTS = (dns.exception.DNSException, OSError, ValueError, EOFError)


class DnsResolver:
    """``server`` is (address, port), None for the system's own (/etc/resolv.conf).

    The system's are read when the first question is asked and again after a failure: a machine may get its
    network later.
    """

    def __init__(self, server: tuple[str, int] | None = None) -> None:
        self._server = server
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def names_of(self, address: Address) -> tuple[str, ...]:
        """PTR names, none where there are none. Raises StoreUnavailable."""
        return await self._ask(dns.reversename.from_address(str(address)).to_text(), "PTR")

    async def addresses_of(self, name: str, version: int) -> frozenset[Address]:
        """Addresses of a name, of IP version 4 or 6. Raises StoreUnavailable."""
        texts = await self._ask(name, "A" if version == 4 else "AAAA")
        return frozenset(ip_address(text) for text in texts)

    async def _ask(self, name: str, kind: str) -> tuple[str, ...]:
        try:
            answer = await self._ready().resolve(name, kind, lifetime=QUESTION_SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except FAULTS as error:
            self._resolver = None
            raise StoreUnavailable(f"no DNS answer for {name} {kind}: {error}") from error
        return tuple(record.to_text() for record in answer)

    def _ready(self) -> dns.asyncresolver.Resolver:
        if self._resolver is None:
            resolver = dns.asyncresolver.Resolver(configure=self._server is None)
            if self._server is not None:
                address, resolver.port = self._server
                resolver.nameservers = [address]
            self._resolver = resolver
        return self._resolver
