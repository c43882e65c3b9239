"""A real DNS server on loopback, as small as one can be: answers from a table over UDP, in a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Records = Mapping[tuple[str, str], list[str]]  # (name without the last dot, type) -> values

TTL_SECONDS = 60
LARGEST_DATAGRAM_BYTES = 4_096


@dataclass
class DnsResponder:
    """``asked`` counts every question; ``refuses`` answers SERVFAIL, ``is_silent`` nothing at all."""

    port: int
    records: dict[tuple[str, str], list[str]]
    asked: list[tuple[str, str]] = field(default_factory=list)
    refuses: bool = False
    is_silent: bool = False

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def answer(self, packet: bytes) -> bytes | None:
        question = dns.message.from_wire(packet)
        asked = question.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        if self.is_silent:
            return None
        reply = dns.message.make_response(question)
        reply.flags |= dns.flags.RA
        if self.refuses:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif values := self.records.get((name, kind)):
            reply.answer.append(dns.rrset.from_text(asked.name, TTL_SECONDS, "IN", kind, *values))
        elif all(known != name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()


@contextmanager
def dns_responder(records: Records) -> Iterator[DnsResponder]:
    """Running on a free port until the end of the block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(0.05)
        responder = DnsResponder(bound.getsockname()[1], dict(records))
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    packet, sender = bound.recvfrom(LARGEST_DATAGRAM_BYTES)
                except TimeoutError:
                    continue
                reply = responder.answer(packet)
                if reply is not None:
                    bound.sendto(reply, sender)

        thread = threading.Thread(target=serve, name="dns-responder")
        thread.start()
        try:
            yield responder
        finally:
            ended.set()
            thread.join(5)
