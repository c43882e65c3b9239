"""Load goes to this machine and nowhere else."""

from __future__ import annotations

import argparse
from ipaddress import ip_address
from urllib.parse import urlsplit


def loopback_url(text: str) -> str:
    """An http URL of a loopback address, without a trailing slash. Raises ArgumentTypeError for any other."""
    parts = urlsplit(text)
    host = parts.hostname or ""
    try:
        is_loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if parts.scheme != "http" or not is_loopback or parts.path not in ("", "/"):
        raise argparse.ArgumentTypeError(
            f"{text!r}: load is only sent to this machine: write http://127.0.0.1:8080"
        )
    return f"http://{parts.netloc}"
