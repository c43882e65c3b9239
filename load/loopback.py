"""Load goes to this machine and nowhere else."""

from __future__ import annotations

import argparse
import os
from ipaddress import ip_address
from urllib.parse import urlsplit


def default_gateway() -> str:
    """Where a `make run` of the same environment answers visitors (GATEWAY_PORT)."""
    return f"http://127.0.0.1:{os.environ.get('GATEWAY_PORT') or 8080}"


def default_dashboard() -> str:
    """Where its dashboard answers (DASHBOARD_PORT)."""
    return f"http://127.0.0.1:{os.environ.get('DASHBOARD_PORT') or 8050}"


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
