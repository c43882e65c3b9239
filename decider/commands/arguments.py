"""Arguments that several commands share, read and checked by argparse (wrong usage: exit status 2)."""

from __future__ import annotations

import argparse
import re
from ipaddress import ip_network

from decider.core.client_key import ClientKey, client_key
from decider.core.errors import MalformedRequest
from decider.core.policy import Network

SECONDS_OF_UNIT = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
LONGEST_SECONDS = 366 * 86_400  # a mistyped number, not a duration


def duration_seconds(text: str) -> int:
    """``90``, ``90s``, ``15m``, ``8h`` or ``7d`` as seconds."""
    match = re.fullmatch(r"(\d{1,9})([smhd]?)", text)
    if not match or not 0 < int(match[1]) * SECONDS_OF_UNIT[match[2] or "s"] <= LONGEST_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 90s, 15m, 8h or 7d, at most a year")
    return int(match[1]) * SECONDS_OF_UNIT[match[2] or "s"]


def client(text: str) -> ClientKey:
    """An address as a client."""
    try:
        return client_key(text.partition("/")[0] if text.endswith("::/64") else text)
    except MalformedRequest as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no address: write one like 203.0.113.7") from error


def network(text: str) -> Network:
    """An address or a CIDR network."""
    try:
        return ip_network(text, strict=True)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{error}: write an address or a network like 203.0.113.0/24"
        ) from error


def add_note(parser: argparse.ArgumentParser) -> None:
    """``--reason``."""
    parser.add_argument("--reason", default="", metavar="TEXT", help="why, recorded with the event")


def add_duration(parser: argparse.ArgumentParser, otherwise: str) -> None:
    """``--for``."""
    parser.add_argument(
        "--for",
        dest="seconds",
        type=duration_seconds,
        metavar="TIME",
        help=f"how long: 90s, 15m, 8h or 7d (default: {otherwise})",
    )
